import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { workflowId } from '../../workflows/messages.ts';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository, revision } = await openSource({ 'app/cm.yaml': configMap('app') });

type Line = Record<string, unknown>;

/** The lines of the worker about an object, as soon as one has a message that begins with a text. */
async function lines(name: string, text: string): Promise<Line[]> {
  let found: Line[] = [];
  for (const deadline = Date.now() + 20_000; Date.now() < deadline;) {
    const log = await readFile(join(inject('serviceDir'), 'worker.log'), 'utf8');
    const rows = log.split('\n').filter((line) => line.includes(space.name));
    found = rows.map((line) => JSON.parse(line) as Line).filter((line) => line['name'] === name);
    if (found.some((line) => String(line['msg']).startsWith(text))) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no line about ${name} begins with ${text}: ${JSON.stringify(found)}`);
}

test('a fetch and a pass are logged from start to end, as flux logs reads them', async () => {
  await space.untilReady('GitRepository', 'repo');
  const [first, last] = await lines('repo', 'stored artifact');
  expect(first).toMatchObject({ level: 'info', msg: 'Fetch started: nothing is stored yet' });
  expect(last).toMatchObject({ controllerKind: 'GitRepository', revision });
  await space.apply(kustomization('app', 'repo', { path: './app', targetNamespace: space.name }));
  const pass = await lines('app', 'Reconciliation finished');
  const { runId } = await space.temporal.workflow
    .getHandle(workflowId('Kustomization', { namespace: space.name, name: 'app' }))
    .describe();
  const common = {
    level: 'info',
    ts: expect.stringMatching(/^\d{4}-.*Z$/) as string,
    controllerKind: 'Kustomization',
    controllerGroup: 'kustomize.toolkit.fluxcd.io',
    namespace: space.name,
    name: 'app',
    reconcileID: runId,
    revision,
  };
  expect(pass.at(-2)).toMatchObject({ ...common, msg: 'Reconciliation started' });
  const done = /^Reconciliation finished in \d+m?s, next run in [45]m\d+s$/;
  expect(pass.at(-1)).toMatchObject({ ...common, msg: expect.stringMatching(done) as string });
});

test('a failure is an error with its reason, and values of Secrets are not in it', async () => {
  await space.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'vars' },
    stringData: { port: 'canary-77f1' },
  });
  const service = 'apiVersion: v1\nkind: Service\nmetadata: { name: web }\nspec:\n  ports: ';
  const files = { 'bad/s.yaml': `${service}[{ port: 80, protocol: "\${port}" }]\n` };
  const commit = await repository.commit(files);
  await space.signal('GitRepository', 'repo');
  await space.until('GitRepository', 'repo', ({ status }) =>
    Boolean(status.artifact?.revision.endsWith(commit)),
  );
  const postBuild = { substituteFrom: [{ kind: 'Secret', name: 'vars' }] };
  const spec = { path: './bad', postBuild, targetNamespace: space.name, interval: '1h' };
  await space.apply(kustomization('bad', 'repo', { ...spec, retryInterval: '1m' }));
  const pass = await lines('bad', 'Reconciliation failed');
  const failed = pass.find(({ error }) => String(error).includes('Unsupported value'));
  expect(failed).toMatchObject({
    level: 'error',
    msg: expect.stringMatching(/^Reconciliation failed after \d+m?s, next try in 1m0s$/) as string,
    error: expect.stringContaining('"***"') as string,
  });
  expect(JSON.stringify(pass)).not.toContain('canary-77f1');
});
