import { record } from '../activities/cluster/untyped.ts';
import { gitRepository, kustomization, type Row } from '../test/support/cluster.ts';
import { configMap } from '../test/support/manifests.ts';
import { benchmark, median, pause, type Bench, type Measured } from './installation.ts';
import { postSigned, openReceiver } from './receiver.ts';

/**
 * Real pushes to a real repository, each followed by the webhook that GitHub would send, on the real stack: from the webhook to the object
 * in the cluster. Prints a table. Usage: npx tsx bench/webhook.ts [PUSHES]
 */
const pushes = Number(process.argv[2] ?? 50);

await benchmark(measure);

async function measure({ system, space: at, repository: git }: Bench): Promise<Measured[]> {
  await git.commit({ 'a.yaml': configMap('a', { value: 'first' }) });
  await at.apply(gitRepository('repo', git.url, { interval: '1h' }));
  const spec = { targetNamespace: at.name, interval: '1h' };
  await at.apply(kustomization('app', 'repo', spec));
  await at.untilReady('Kustomization', 'app');
  const receiver = await openReceiver(at, system.services.log('bridge'));
  const answers: number[] = [];
  const times: number[] = [];
  for (let push = 0; push < pushes; push++) {
    // Temporal starts a continued run no sooner than a second after its predecessor; people push more seldom than that.
    await pause(2000);
    const value = `push ${push}`;
    await git.commit({ 'a.yaml': configMap('a', { value }) });
    const begun = Date.now();
    const event = { ref: 'refs/heads/main', repository: { clone_url: git.url } };
    const status = await postSigned(receiver, JSON.stringify(event));
    if (status !== 200) throw new Error(`the webhook was answered with ${status}`);
    answers.push(Date.now() - begun);
    const has = (row: Row): boolean => record(row['data'])['value'] === value;
    await at.until('ConfigMap', 'a', has, 120_000);
    times.push(Date.now() - begun);
  }
  return [
    [`from the webhook to its answer: median (range) of ${pushes}`, median(answers)],
    [`from the webhook to applied: median (range) of ${pushes}`, median(times)],
  ];
}
