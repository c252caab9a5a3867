import { randomBytes } from 'node:crypto';
import { gitRepository, testNamespace, type TestNamespace } from '../support/cluster.ts';
import { testRepository, type TestRepository } from '../support/repository.ts';
import { ageKeys } from '../support/sops.ts';
import { serialAnnotation } from './content.ts';
import { openHttpGate, type HttpGate } from './gates/http-gate.ts';
import type { Installation } from './sites.ts';
import { openModel, type Model } from './model.ts';
import { bystanderSerial } from './rest.ts';
import type { Scenario, Step } from './scenario.ts';
import { startRecorder, type Recorder } from './timeline.ts';
import type { Touch } from './truth.ts';
import { gone, perform, storm, type UserState } from './user.ts';
import { patiently } from './victims.ts';

/** A namespace with repositories of its own, in which a scenario is played. */
export interface World {
  readonly space: TestNamespace;
  readonly model: Model;
  readonly recorder: Recorder;
  readonly git: readonly HttpGate[];
  readonly touches: readonly Touch[];
  /** Uids of what is nobody's, by `Kind/name`. */
  readonly bystanders: ReadonlyMap<string, string>;
  readonly commits: () => number;
  play(step: Step): Promise<void>;
  storm(count: number): Promise<void>;
  /** Deletes the Kustomizations, and then the sources. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a world: its namespace, repositories behind gates, Secrets, a Receiver, and objects that are nobody's. */
export async function openWorld(
  installation: Installation,
  scenario: Scenario,
  locked: ReadonlyMap<string, string>,
): Promise<World> {
  const space = await patiently(() => testNamespace(installation.stack));
  const recorder = startRecorder(space.cluster, space.name);
  const repositories: TestRepository[] = [];
  const git: HttpGate[] = [];
  for (let at = 0; at < scenario.sources; at++) {
    const repository = await testRepository();
    const { origin } = new URL(repository.url);
    const gate = await openHttpGate({ origin: () => origin });
    repositories.push(repository);
    git.push(gate);
    const url = repository.url.replace(origin, gate.url);
    await space.apply(gitRepository(`source-${at}`, url, { interval: '10s', timeout: '10s' }));
  }
  const token = randomBytes(9).toString('hex');
  await furnish(space, scenario, { canary: installation.canary, token });
  const bystanders = await placeBystanders(space, scenario);
  const model = openModel(scenario);
  const state: UserState = {
    ...{ installation, space, model, recorder, scenario, repositories, locked, token },
    touches: [],
    commits: 0,
  };
  return {
    ...{ space, model, recorder, git, bystanders },
    touches: state.touches,
    commits: () => state.commits,
    play: (step) => perform(state, step),
    storm: (count) => patiently(() => storm(state, count)),
    empty: () => empty(state),
    async close() {
      recorder.stop();
      await Promise.all(git.map((gate) => gate.close()));
      await Promise.all(repositories.map((repository) => repository.close()));
      const path = `/api/v1/namespaces/${space.name}`;
      await patiently(() => space.cluster.request({ method: 'DELETE', path }));
      await space.close();
    },
  };
}

async function furnish(
  space: TestNamespace,
  { sources }: Scenario,
  { canary, token }: { canary: string; token: string },
): Promise<void> {
  const secret = (name: string, stringData: object): Promise<unknown> =>
    space.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData });
  await secret('vars', { canary });
  await secret('keys', { 'identity.agekey': ageKeys.identity });
  await secret('hook', { token });
  await space.apply({
    apiVersion: 'notification.toolkit.fluxcd.io/v1',
    kind: 'Receiver',
    metadata: { name: 'push' },
    spec: {
      type: 'generic-hmac',
      secretRef: { name: 'hook' },
      resources: Array.from({ length: sources }, (_, at) => ({
        kind: 'GitRepository',
        name: `source-${at}`,
      })),
    },
  });
}

/** Objects beside those of the Kustomizations: a plain one, and one that says it is of a Kustomization of another namespace. */
async function placeBystanders(
  space: TestNamespace,
  { members }: Scenario,
): Promise<Map<string, string>> {
  const uids = new Map<string, string>();
  const owner = 'kustomize.toolkit.fluxcd.io';
  const foreign = { [`${owner}/name`]: 'k0', [`${owner}/namespace`]: 'elsewhere' };
  const annotations = { [serialAnnotation]: bystanderSerial };
  for (const [name, labels] of [
    [`${members[0]?.name ?? ''}-beside`, {}],
    ['foreign', foreign],
  ] as const) {
    const metadata = { name, labels, annotations };
    const placed = await space.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata });
    uids.set(`ConfigMap/${name}`, placed.metadata.uid ?? '');
  }
  return uids;
}

async function empty({ space, scenario }: UserState): Promise<void> {
  for (const { name } of scenario.members) {
    await patiently(() => gone(space.remove('Kustomization', name)));
  }
  for (const { name } of scenario.members) await space.untilGone('Kustomization', name, 90_000);
  for (let at = 0; at < scenario.sources; at++) {
    await patiently(() => gone(space.remove('GitRepository', `source-${at}`)));
    await space.untilGone('GitRepository', `source-${at}`, 60_000);
  }
}
