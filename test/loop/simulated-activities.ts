import type {
  Activities,
  Look,
  ObjectKey,
  Pass,
  SourceKey,
  SourceLook,
} from '../../activities/contract.ts';
import { rechecking } from '../../activities/status/recheck.ts';

/** The activities without their waiting, but for the one that is made of others. */
type Acts = {
  [Name in Exclude<keyof Activities, 'recheck'>]: (
    ...args: Parameters<Activities[Name]>
  ) => Awaited<ReturnType<Activities[Name]>>;
};

/** What the activities of one object do; those that are not named do as for an object that has nothing wrong with it. */
export type Behaviour = Partial<Acts>;

/** Activities without a cluster and without Git, which try the loop of the workflows alone: each call goes to the behaviour of its object. */
export function simulatedActivities(of: (key: ObjectKey) => Behaviour): Activities {
  const at = (key: ObjectKey): Acts => ({ ...calm, ...of(key) });
  return {
    observe: (key) => soon(() => at(key).observe(key)),
    inputs: (pass) => soon(() => at(pass.key).inputs(pass)),
    compare: (pass, inputs) => soon(() => at(pass.key).compare(pass, inputs)),
    recheck: (...given) => rechecking(simulatedActivities(of))(...given),
    fetch: (pass) => soon(() => at(pass.key).fetch(pass)),
    render: (pass) => soon(() => at(pass.key).render(pass)),
    apply: (pass) => soon(() => at(pass.key).apply(pass)),
    health: (pass) => soon(() => at(pass.key).health(pass)),
    prune: (pass) => soon(() => at(pass.key).prune(pass)),
    conclude: (key, outcome) =>
      soon(() => {
        at(key).conclude(key, outcome);
      }),
    resume: (kind, key, until) =>
      soon(() => {
        at(key).resume(kind, key, until);
      }),
    finalize: (key) => soon(() => at(key).finalize(key)),
    lookAtSource: (key) => soon(() => at(key).lookAtSource(key)),
    fetchSource: (key, look) => soon(() => at(key).fetchSource(key, look)),
    concludeSource: (key, outcome) => soon(() => at(key).concludeSource(key, outcome)),
    finalizeSource: (key) =>
      soon(() => {
        at(key).finalizeSource(key);
      }),
  };
}

function soon<T>(act: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(act());
  });
}

/** A look at a Kustomization that is to be synced at a revision. */
export function lookAt(revision: string, given: Partial<Look> = {}): Look {
  return {
    verdict: 'sync',
    why: `revision ${revision}`,
    generation: 1,
    source: 'GitRepository/simulated/source',
    artifact: { url: 'http://simulated/artifact', digest: `sha256:${revision}`, revision },
    intervalMs: 3_600_000,
    retryMs: 60_000,
    timeoutMs: 60_000,
    jitterPercent: 0,
    pruneFirst: false,
    ...given,
  };
}

/** A look at a source whose remote holds a revision. */
export function lookAtRemote(revision: string, given: Partial<SourceLook> = {}): SourceLook {
  return {
    verdict: 'fetch',
    why: `revision ${revision}`,
    generation: 1,
    revision,
    intervalMs: 3_600_000,
    timeoutMs: 60_000,
    ...given,
  };
}

const nothingDeleted = { deleted: [], kept: [], counts: { deleted: 0, kept: 0 } };

const calm: Acts = {
  observe: () => lookAt('main@sha1:1'),
  inputs: ({ artifact }: Pass) => artifact.digest,
  compare: () => ({ objects: 1 }),
  fetch: ({ artifact }: Pass) => ({
    files: 1,
    bytes: 1,
    cached: true,
    inputs: artifact.digest,
  }),
  render: ({ artifact }: Pass) => ({ digest: artifact.digest, objects: 1 }),
  apply: () => ({
    created: [],
    configured: [],
    counts: { created: 0, configured: 0, unchanged: 1, skipped: 0 },
  }),
  health: () => ({ checked: 1, durationMs: 0 }),
  prune: () => nothingDeleted,
  conclude: () => undefined,
  resume: () => undefined,
  finalize: () => nothingDeleted,
  lookAtSource: () => lookAtRemote('main@sha1:1'),
  fetchSource: (_key: SourceKey, { revision = '' }: SourceLook) => ({
    revision,
    digest: `sha256:${revision}`,
    size: 1,
    changed: true,
  }),
  concludeSource: () => undefined,
  finalizeSource: () => undefined,
};
