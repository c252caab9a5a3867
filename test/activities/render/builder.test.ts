import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import type { BuildOrder } from '../../../activities/render/build-objects.ts';
import { openBuilder } from '../../../activities/render/builder.ts';
import { resolveTool, SILENT } from '../../../deploy/dev/index.ts';
import { configMap, specWith } from '../../support/manifests.ts';
import { ownDirectories } from '../../support/own-directories.ts';

const kustomize = await resolveTool('kustomize', SILENT);
const directoryWith = ownDirectories();

async function order(files: Record<string, string>): Promise<BuildOrder> {
  const [artifactDir, cacheDir] = [await directoryWith(files), await directoryWith({})];
  const tools = { kustomize, sops: 'sops', cacheDir, noRemoteBases: true };
  const variables = { values: { value: 'from-a-secret' }, secret: ['value'] };
  return { tools, artifactDir, spec: specWith({ path: './' }), inputs: { variables } };
}

test('builds in a thread give their objects, or the failure that the build raised', async () => {
  const builder = openBuilder();
  const good = await order({ 'a.yaml': configMap('a', { key: '${value}' }) });
  const bad = await order({ 'a.yaml': 'a: [' });
  const [set, failure] = await Promise.allSettled([builder.build(good), builder.build(bad)]);
  expect(set).toMatchObject({
    status: 'fulfilled',
    value: { objects: [{ kind: 'ConfigMap', data: { key: 'from-a-secret' } }] },
  });
  expect(failure).toMatchObject({
    status: 'rejected',
    reason: { type: 'BuildFailed', nonRetryable: true },
  });
});

test('a thread that ends fails what it was at, in a way that is tried again, and the next order has a new one', async () => {
  const directory = await directoryWith({});
  const file = join(directory, 'thread.js');
  const lines = [
    "const { parentPort } = require('node:worker_threads');",
    "parentPort.on('message', ({ id, order }) => {",
    '  if (order.artifactDir === "") throw new Error("out of memory");',
    '  parentPort.postMessage({ id, set: { digest: "d", objects: [], secrets: [] } });',
    '});',
  ];
  await writeFile(file, lines.join('\n'));
  const builder = openBuilder(pathToFileURL(file));
  const good = await order({});
  await expect(builder.build({ ...good, artifactDir: '' })).rejects.toThrow(
    'the thread of the build is gone: out of memory',
  );
  expect(await builder.build(good)).toMatchObject({ digest: 'd' });
});
