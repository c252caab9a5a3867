import { reconcileUpdate, workflowId } from '../../workflows/messages.ts';
import { gitRepository, kustomization, type TestNamespace } from './cluster.ts';
import { configMap, deployment } from './manifests.ts';
import type { TestRepository } from './repository.ts';

/** A revision that changes nothing of a Kustomization, but something of the one that it depends on. */
export async function playLag(at: TestNamespace, git: TestRepository): Promise<void> {
  const push = async (image: string): Promise<string> => {
    const files = {
      'slow/web.yaml': deployment('slow', { image }),
      'quick/g.yaml': configMap('g'),
    };
    const revision = `main@sha1:${await git.commit(files)}`;
    await at.signal('GitRepository', 'other');
    await at.until(
      'GitRepository',
      'other',
      ({ status }) => status.artifact?.revision === revision,
    );
    return revision;
  };
  await push('nginx:1');
  const slow = { path: './slow', targetNamespace: at.name, wait: true };
  await at.apply(kustomization('slow', 'other', slow));
  await at.untilReady('Kustomization', 'slow');
  const dependsOn = [{ name: 'slow' }];
  const quick = { path: './quick', targetNamespace: at.name, interval: '20s', dependsOn };
  await at.apply(kustomization('quick', 'other', quick));
  // The run that waits has compared its objects when its interval had passed.
  await at.until('Kustomization', 'quick', ({ status }) => {
    return (status.history?.[0]?.totalReconciliations ?? 0) > 1;
  });
  const revision = await push('nginx:2');
  await at.until('Kustomization', 'quick', (row) => row.status.lastAppliedRevision === revision);
  await at.remove('Kustomization', 'quick');
  await at.untilGone('Kustomization', 'quick');
}

/** A source that waits for one that it includes, until that is there. */
export async function playIncludes(at: TestNamespace, git: TestRepository): Promise<void> {
  const include = [{ repository: { name: 'late' }, toPath: 'late' }];
  await at.apply(gitRepository('early', git.url, { include }));
  await at.untilReady('GitRepository', 'early', 'False');
  await at.apply(gitRepository('late', git.url));
  await at.untilReady('GitRepository', 'early');
}

/** A health wait through a revision that changes nothing of it, and that another one ends. */
export async function playCalm(at: TestNamespace, git: TestRepository): Promise<void> {
  const push = async (files: Record<string, string>): Promise<string> => {
    const revision = `main@sha1:${await git.commit(files)}`;
    await at.signal('GitRepository', 'other');
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return revision;
  };
  await push({ 'calm/web.yaml': deployment('calm', { pod: 'unready' }) });
  const spec = { path: './calm', targetNamespace: at.name, wait: true };
  await at.apply(kustomization('calm', 'other', spec));
  await at.until('Deployment', 'calm', () => true);
  await push({ 'README.md': 'nothing of it' });
  const handle = at.temporal.workflow.getHandle(
    workflowId('Kustomization', { namespace: at.name, name: 'calm' }),
  );
  const asked = handle.executeUpdate(reconcileUpdate.name, { args: [{ reason: 'recorded' }] });
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const revision = await push({ 'calm/web.yaml': deployment('calm', { image: 'nginx:2' }) });
  await at.until('Kustomization', 'calm', (row) => row.status.lastAppliedRevision === revision);
  await asked;
}

/** A health wait that begins with messages which came in while objects were applied. */
export async function playTold(at: TestNamespace, git: TestRepository): Promise<void> {
  const many = Array.from({ length: 60 }, (_, place) => {
    return [`told/${place}.yaml`, configMap(`told-${place}`)] as const;
  });
  const web = { 'told/web.yaml': deployment('told', { pod: 'unready' }) };
  await git.commit({ ...Object.fromEntries(many), ...web });
  await at.signal('GitRepository', 'other');
  const spec = { path: './told', targetNamespace: at.name, wait: true };
  await at.apply(kustomization('told', 'other', spec));
  await at.until('ConfigMap', 'told-0', () => true);
  await at.signal('Kustomization', 'told');
  await at.until('Deployment', 'told', () => true);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  await git.commit({ 'told/web.yaml': undefined });
  await at.signal('GitRepository', 'other');
  await at.untilReady('Kustomization', 'told');
}

/** An interval that finds another value of a variable that nobody watches. */
export async function playRecheck(at: TestNamespace, git: TestRepository): Promise<void> {
  const variables = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'unwatched' } };
  await at.apply({ ...variables, data: { unwatched: 'first' } });
  await git.commit({ 'recheck/r.yaml': configMap('r', { key: '${unwatched}' }) });
  await at.signal('GitRepository', 'other');
  const substituteFrom = [{ kind: 'ConfigMap', name: 'unwatched' }];
  const spec = { path: './recheck', targetNamespace: at.name, interval: '4s' };
  await at.apply(kustomization('recheck', 'other', { ...spec, postBuild: { substituteFrom } }));
  await at.untilReady('Kustomization', 'recheck');
  await at.patch('ConfigMap', 'unwatched', { data: { unwatched: 'second' } });
  await at.until('ConfigMap', 'r', ({ data }) => (data as { key: string }).key === 'second');
  await at.remove('Kustomization', 'recheck');
  await at.untilGone('Kustomization', 'recheck');
}
