import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect, inject, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type Manifest } from '../support/cluster.ts';
import { deployment } from '../support/manifests.ts';
import { openSpace } from '../support/space.ts';

const { space, repository } = await openSpace();

async function kubectl(...args: string[]): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run(inject('kubectl'), ['--kubeconfig', inject('kubeconfig'), ...args]);
  return stdout;
}

test('the demo applies what the README shows', async () => {
  const demo = new URL('../../deploy/dev/demo/quick-start.yaml', import.meta.url);
  expect((await readFile(demo, 'utf8')).trim()).toBe((await readmeBlock()).trim());
});

/** The manifests of the README, with nothing changed but where the repository is. */
async function manifests(): Promise<Manifest[]> {
  const text = (await readmeBlock()).replace(/url: .*/, `url: ${repository.url}`);
  const documents = parseAllDocuments(text);
  return Array.isArray(documents) ? documents.map((document) => document.toJS() as Manifest) : [];
}

async function readmeBlock(): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const block = readme.split('```yaml').find((part) => part.includes('app-deployment')) ?? '';
  return block.split('```', 1).join('');
}

test('the manifests of the quick start become ready', async () => {
  const backend = deployment('backend-api').replace(
    'name: backend-api',
    'name: backend-api\n  namespace: production',
  );
  const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: { name: production }\n';
  await repository.commit({
    'apps/production/backend.yaml': backend,
    'apps/production/namespace.yaml': namespace,
  });
  const [source, app] = await manifests();
  expect([source?.metadata.name, app?.metadata.name]).toEqual(['app-repo', 'app-deployment']);
  for (const manifest of [source, app]) {
    if (manifest) await space.apply({ ...manifest, metadata: { name: manifest.metadata.name } });
  }
  await space.untilReady('GitRepository', 'app-repo');
  const ready = await space.untilReady('Kustomization', 'app-deployment');
  expect(ready.status.conditions?.find(({ type }) => type === 'Healthy')?.status).toBe('True');
});

test('kubectl shows the columns and explains the fields', async () => {
  const table = await kubectl('get', 'ks,gitrepo', '-n', space.name);
  expect(table).toMatch(/NAME +AGE +READY +STATUS/);
  expect(table).toMatch(/NAME +URL +AGE +READY +STATUS/);
  expect(table).toMatch(/app-deployment +\S+ +True +Applied revision: main@sha1:/);
  const explained = await kubectl('explain', 'kustomization.spec.prune');
  expect(explained).toContain('deleted');
  expect(await kubectl('get', 'fluxcd', '-n', space.name)).toContain('app-repo');
});
