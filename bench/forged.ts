import { workflowId } from '../workflows/messages.ts';
import { gitRepository, type TestNamespace } from '../test/support/cluster.ts';
import { configMap } from '../test/support/manifests.ts';
import { bad, closeConnections, inFlight } from './bad-requests.ts';
import { benchmark, memoryOf, type Bench, type Measured } from './installation.ts';
import { openReceiver, postSigned, type ServedReceiver } from './receiver.ts';

/**
 * Bad webhooks by the hundred thousand against a bridge on the real stack: forged, replayed to other paths, cut, too large, or no HTTP at
 * all. Prints how they were answered, what they woke, and what they left of memory. Usage: npx tsx bench/forged.ts [REQUESTS]
 */
const total = Number(process.argv[2] ?? 100_000);

await benchmark(measure);

async function measure({ system, space: at, repository: git }: Bench): Promise<Measured[]> {
  await git.commit({ 'a.yaml': configMap('a') });
  await at.apply(gitRepository('repo', git.url, { interval: '1h' }));
  await at.untilReady('GitRepository', 'repo');
  const receiver = await openReceiver(at, system.services.log('bridge'));
  const before = await signalsTo(at);
  const memoryBefore = await memoryOf(system, 'bridge');
  const begun = Date.now();
  const counts = await fire(receiver);
  const seconds = (Date.now() - begun) / 1000;
  const woken = (await signalsTo(at)) - before;
  const object = await at.get('GitRepository', 'repo');
  const asked = object?.metadata.annotations?.['reconcile.fluxcd.io/requestedAt'] !== undefined;
  const memoryAfter = await memoryOf(system, 'bridge');
  // A good one right after them shows that the bridge still serves.
  const good = await postSigned(receiver, '{"ref":"refs/heads/main"}');
  return [
    [`${total} bad requests, ${inFlight} in flight`, `${Math.round(total / seconds)} a second`],
    ...[...counts].sort().map(([status, count]): Measured => [`answered ${status}`, String(count)]),
    ['signals sent to the source', String(woken)],
    ['annotation set', asked ? 'yes' : 'no'],
    ['bridge memory before', memoryBefore],
    ['bridge memory after', memoryAfter],
    ['a good request after them', String(good)],
  ];
}

async function fire(receiver: ServedReceiver): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let sent = 0;
  const worker = async (): Promise<void> => {
    for (let index = sent++; index < total; index = sent++) {
      const answer = await bad(index, receiver).catch(() => 'by a closed connection');
      counts.set(answer, (counts.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  closeConnections();
  return counts;
}

/** Signals in the histories of the source, over all of its runs. */
async function signalsTo({ temporal, name }: TestNamespace): Promise<number> {
  const id = workflowId('GitRepository', { namespace: name, name: 'repo' });
  let signals = 0;
  for await (const { runId } of temporal.workflow.list({ query: `WorkflowId="${id}"` })) {
    const { events = [] } = await temporal.workflow.getHandle(id, runId).fetchHistory();
    const signaled = (events ?? []).filter((row) => row.workflowExecutionSignaledEventAttributes);
    signals += signaled.length;
  }
  return signals;
}
