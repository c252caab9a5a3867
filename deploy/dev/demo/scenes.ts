import { followPass } from '../../../client/follow-pass.ts';
import { workflowId } from '../../../workflows/messages.ts';
import { shortRevision } from '../../../workflows/schedule.ts';
import { backendApi, brokenBackendApi, withoutMaintenance } from './application.ts';
import {
  app,
  applyQuickStart,
  appRef,
  imageOf,
  inProduction,
  readyAt,
  readyOf,
  signal,
  source,
  until,
  type DemoStage,
} from './stage.ts';

/** One thing that is shown; it raises an Error when the cluster does not follow. */
export interface Scene {
  readonly title: string;
  play(stage: DemoStage, url: string): Promise<string>;
}

const api = inProduction('Deployment', 'backend-api');

/** What the demo shows, in this order; each scene gives the sentence that sums it up. */
export const scenes: readonly Scene[] = [
  { title: 'First sync', play: firstSync },
  { title: 'A commit reaches the cluster', play: newVersion },
  { title: 'A change by hand is reverted', play: changeByHand },
  { title: 'A deleted file is pruned', play: deletedFile },
  { title: 'A broken commit fails, the old version keeps running', play: brokenCommit },
  { title: 'git revert heals it', play: revert },
];

async function firstSync(stage: DemoStage, url: string): Promise<string> {
  const begun = Date.now();
  stage.say('kubectl apply: GitRepository/app-repo, Kustomization/app-deployment');
  await applyQuickStart(stage, url);
  const commit = await stage.repository.git('rev-parse', 'HEAD');
  const ready = await withStages(stage, () => until(stage, appRef, readyAt(commit)));
  const deployment = await until(stage, api, (object) => object !== undefined);
  stage.say(readyOf(ready)?.message ?? '');
  return `${String(deployment?.status.readyReplicas ?? 0)} replicas of backend-api ready ${seconds(begun)} after the manifests`;
}

async function newVersion(stage: DemoStage): Promise<string> {
  const commit = await push(stage, backendApi('1.1.0'), 'Release backend-api 1.1.0');
  const begun = Date.now();
  await signal(stage, source);
  await until(stage, api, (object) => imageOf(object) === 'shop/backend-api:1.1.0');
  const applied = seconds(begun);
  await withStages(stage, () => until(stage, appRef, readyAt(commit)));
  return `commit to applied in ${applied}, to healthy in ${seconds(begun)}`;
}

async function changeByHand(stage: DemoStage): Promise<string> {
  stage.say('kubectl scale deployment backend-api --replicas=1 -n production');
  await stage.cluster.request({
    method: 'PATCH',
    path: await stage.cluster.path(api),
    query: { fieldManager: 'kubectl-scale' },
    contentType: 'application/merge-patch+json',
    body: { spec: { replicas: 1 } },
  });
  const begun = Date.now();
  stage.say('nobody asks for a pass, and the interval is 5 m: the watch sees it');
  await until(stage, api, (object) => object?.spec.replicas === 3);
  return `3 replicas again ${seconds(begun)} after the change`;
}

async function deletedFile(stage: DemoStage): Promise<string> {
  await push(stage, withoutMaintenance(), 'Drop the maintenance page');
  const begun = Date.now();
  await signal(stage, source);
  await until(
    stage,
    inProduction('ConfigMap', 'maintenance-page'),
    (object) => object === undefined,
  );
  return `ConfigMap/production/maintenance-page deleted ${seconds(begun)} after the push`;
}

async function brokenCommit(stage: DemoStage): Promise<string> {
  const commit = await push(stage, brokenBackendApi('2.0.0'), 'Release backend-api 2.0.0');
  await signal(stage, source);
  const failed = await until(
    stage,
    appRef,
    (object) =>
      object?.status.lastAttemptedRevision?.endsWith(commit) === true &&
      readyOf(object)?.status === 'False',
  );
  stage.say(`Ready=False: ${readyOf(failed)?.message ?? ''}`);
  const live = await stage.cluster.get(api);
  const image = live && imageOf({ spec: {}, status: {}, ...live });
  if (image !== 'shop/backend-api:1.1.0') throw new Error(`the cluster runs ${String(image)}`);
  return 'nothing of the broken commit was applied: backend-api still runs 1.1.0';
}

async function revert(stage: DemoStage): Promise<string> {
  stage.say('git revert HEAD && git push');
  await stage.repository.git('revert', '--no-edit', 'HEAD');
  await stage.repository.push();
  const commit = await stage.repository.git('rev-parse', 'HEAD');
  const begun = Date.now();
  await signal(stage, source);
  const healed = await withStages(stage, () => until(stage, appRef, readyAt(commit)));
  stage.say(`Ready=True: ${shortRevision(readyOf(healed)?.message ?? '')}`);
  return `ready again ${seconds(begun)} after the push`;
}

async function push(
  { repository, say }: DemoStage,
  files: Record<string, string | undefined>,
  subject: string,
): Promise<string> {
  const commit = await repository.commit(files, subject);
  say(`git push: ${commit.slice(0, 8)} ${subject}`);
  return commit;
}

/** Shows the stages of the Kustomization while work runs. */
async function withStages<T>(stage: DemoStage, work: () => Promise<T>): Promise<T> {
  const done = new AbortController();
  const id = workflowId(app.kind, app);
  const following = followPass(stage.temporal, id, done.signal, (name, words) => {
    stage.say(`  ${name.padEnd(6)} ${words}`);
  });
  try {
    return await work();
  } finally {
    done.abort();
    await following;
  }
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
