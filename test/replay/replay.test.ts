import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker, type WorkflowBundle } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { bundleWorkflows } from '../../worker/bundle.ts';

const directory = join(import.meta.dirname, 'histories');
const files = await readdir(directory);

let workflowBundle: WorkflowBundle;
let tracedBundle: WorkflowBundle;

beforeAll(async () => {
  workflowBundle = await bundleWorkflows();
  tracedBundle = await bundleWorkflows({ tracing: true });
}, 120_000);

test('histories of both workflows are recorded', () => {
  expect(files.length).toBeGreaterThan(8);
});

test.each(files)('the recorded history %s is replayed by the workflows of today', async (file) => {
  const history: unknown = JSON.parse(await readFile(join(directory, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle }, history);
});

test.each(files)('tracing that is turned on later replays the history %s', async (file) => {
  const history: unknown = JSON.parse(await readFile(join(directory, file), 'utf8'));
  await Worker.runReplayHistory({ workflowBundle: tracedBundle }, history);
});

test('a history that does not fit is refused', async () => {
  const [file = ''] = files.filter((name) => name.startsWith('kustomization-source-applied'));
  const text = await readFile(join(directory, file), 'utf8');
  const history: unknown = JSON.parse(text.replaceAll('"name": "render"', '"name": "other"'));
  await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow();
});
