import { expect, test } from 'vitest';
import { workflowId, type Explanation } from '../../workflows/messages.ts';
import { kustomization } from '../support/cluster.ts';
import { configMap } from '../support/manifests.ts';
import { openSource } from '../support/space.ts';

const { space, repository } = await openSource({ 'app/cm.yaml': 'a: [' });
await space.untilReady('GitRepository', 'repo');

/** Starts of the runs of the Kustomization, oldest first. */
async function starts(): Promise<number[]> {
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  const found: number[] = [];
  for await (const { startTime } of space.temporal.workflow.list({
    query: `WorkflowId="${id}"`,
  })) {
    found.push(startTime.getTime());
  }
  return found.sort((a, b) => a - b);
}

async function explanation(): Promise<Explanation> {
  const id = workflowId('Kustomization', { namespace: space.name, name: 'app' });
  return space.temporal.workflow.getHandle(id).query<Explanation>('explain');
}

test('repeated failures are retried ever later, and a new revision begins anew', async () => {
  const spec = { path: './app', targetNamespace: space.name, interval: '1h', retryInterval: '1s' };
  await space.apply(kustomization('app', 'repo', spec));
  let told = await untilWaiting('the retry in 8s');
  expect(told).toMatchObject({ phase: 'failed', trigger: 'retry' });
  const runs = await starts();
  const gaps = runs.slice(1).map((start, at) => start - (runs[at] ?? 0));
  expect(gaps.length).toBeGreaterThanOrEqual(6);
  expect(gaps.at(-1)).toBeGreaterThan(3500);
  expect(Math.max(...gaps.slice(0, 4))).toBeLessThan(3500);
  await repository.commit({ 'app/cm.yaml': 'b: [' });
  await space.signal('GitRepository', 'repo');
  told = await untilWaiting('the retry in 1s');
  await repository.commit({ 'app/cm.yaml': configMap('app') });
  await space.signal('GitRepository', 'repo');
  await space.untilReady('Kustomization', 'app');
});

async function untilWaiting(text: string): Promise<Explanation> {
  let last: Explanation | undefined;
  for (const deadline = Date.now() + 60_000; Date.now() < deadline;) {
    last = await explanation().catch(() => last);
    if (last?.awaits?.includes(text)) return last;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it did not wait for ${text}: ${JSON.stringify(last)}`);
}
