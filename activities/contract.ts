/** The five stages of a pass, in the order in which they run. */
export type Stage = 'fetch' | 'render' | 'apply' | 'health' | 'prune';

/** Why a pass runs; shown in every history row as the search attribute SluiceTrigger. */
export type Trigger =
  | 'start'
  | 'spec'
  | 'source'
  | 'interval'
  | 'retry'
  | 'request'
  | 'dependency'
  | 'config'
  | 'drift'
  | 'resume'
  | 'delete';

/** Namespace and name of a custom resource; its kind is known from the workflow type. */
export interface ObjectKey {
  readonly namespace: string;
  readonly name: string;
}

/** The kinds of sources that have a workflow. */
export type SourceKind = 'GitRepository' | 'OCIRepository';

/** The key of a source. Without a kind it is a GitRepository, the only one that there was at first. */
export interface SourceKey extends ObjectKey {
  readonly kind?: SourceKind;
}

/** An artifact as it stands in `status.artifact` of a source; `digest` is `<algorithm>:<hex>` of the tar.gz. */
export interface ArtifactRef {
  readonly url: string;
  readonly digest: string;
  readonly revision: string;
  /** The revision that the artifact was made from, where its metadata tell of one. */
  readonly originRevision?: string;
}

/** What one pass works on. Every stage gets the same value and none of them carries a manifest. */
export interface Pass {
  readonly key: ObjectKey;
  readonly generation: number;
  readonly source: string;
  readonly artifact: ArtifactRef;
  readonly timeoutMs: number;
  /** Digest of the rendered objects, known after render: a stage that would work on others ends the pass. */
  readonly digest?: string;
  /** Digest of the parked deletions that a person approved. */
  readonly approved?: string;
}

/** What a look at a Kustomization found; `why` says it in words for people. Durations are milliseconds. */
export interface Look {
  /** sync: run a pass. idle: nothing new. waiting: blocked, retry later. rejected: blocked until something changes. */
  readonly verdict: 'sync' | 'idle' | 'suspended' | 'waiting' | 'rejected' | 'deleted' | 'gone';
  readonly why: string;
  /** The condition reason that belongs to waiting and rejected. */
  readonly reason?: string;
  /** What of the object is new; set with the verdict sync. */
  readonly trigger?: Trigger;
  readonly generation: number;
  readonly source: string;
  readonly artifact?: ArtifactRef;
  readonly requestedAt?: string;
  readonly intervalMs: number;
  readonly retryMs: number;
  /** Repeated failures are retried ever later, up to this; always after retryMs where absent. */
  readonly retryCapMs?: number;
  /** By how many per cent the interval is spread; five where absent. */
  readonly jitterPercent?: number;
  /** No news ends a health wait. */
  readonly quietHealthWait?: boolean;
  readonly timeoutMs: number;
  /** Flux's order: prune before the health checks. */
  readonly pruneFirst: boolean;
  /** The deletion budget as the object sets it. */
  readonly budget?: string;
  /** When a suspension ends by itself. */
  readonly resumeAt?: string;
  readonly suspensionEnd?: SuspensionEnd;
  /** Set with the verdict waiting where nothing is wrong with the dependencies: they are on their way to the revision. */
  readonly dependencyLags?: boolean;
}

/** What ends a suspension that spec.suspend did not make, and who can do it, in words for people. */
export interface SuspensionEnd {
  readonly awaits: string;
  readonly unblock: string;
}

/** Result of fetch: what was unpacked, in numbers. */
export interface Fetched {
  readonly files: number;
  readonly bytes: number;
  /** True when this worker held the artifact already. */
  readonly cached: boolean;
  /** Digest of all that the pass builds from; absent where it can not be told. */
  readonly inputs?: string;
}

/** Result of render: sha256 of the rendered objects, and how many there are. */
export interface Rendered {
  readonly digest: string;
  readonly objects: number;
}

/** Result of apply: names only, at most 50 a list; the counts are complete. */
export interface ChangeSet {
  readonly created: readonly string[];
  readonly configured: readonly string[];
  readonly counts: {
    readonly created: number;
    readonly configured: number;
    readonly unchanged: number;
    readonly skipped: number;
  };
  /** Which of the stages after it have something to do; both where absent. */
  readonly further?: { readonly health: boolean; readonly prune: boolean };
}

/** Result of compare: how many objects were compared, and in words what a pass would have to do; nothing where absent. */
export interface Compared {
  readonly objects: number;
  readonly differs?: string;
}

/** Result of recheck: what the look found, and where that is what is applied, what compare found; noted where nothing differs. */
export type Rechecked = Partial<Compared> & { readonly look: Look };

/** Result of health: how many objects were waited for. */
export interface HealthReport {
  readonly checked: number;
  readonly durationMs: number;
}

/** Result of prune: names of what was deleted and of what a guard kept, at most 50 a list. */
export interface Pruned {
  readonly deleted: readonly string[];
  readonly kept: readonly string[];
  readonly counts: { readonly deleted: number; readonly kept: number };
  /** Set where the deletions are over the budget: nothing was deleted. */
  readonly parked?: Parked;
}

/** Deletions that wait for approval; the digest names the whole set, of the names there are at most 50. */
export interface Parked {
  readonly digest: string;
  readonly count: number;
  /** In words, such as `20% (4 of 20)`. */
  readonly budget: string;
  readonly names: readonly string[];
}

/** How a pass ended; becomes the conditions, the history entry and the event of the Kustomization. */
export interface Outcome {
  /** parked: everything is applied and healthy, and the deletions wait for approval. */
  readonly result: 'applied' | 'failed' | 'canceled' | 'waiting' | 'rejected' | 'parked';
  readonly reason: string;
  readonly message: string;
  readonly generation: number;
  readonly requestedAt?: string;
  readonly revision?: string;
  /** What the revision was made from, where its artifact tells. */
  readonly originRevision?: string;
  readonly renderDigest?: string;
  readonly stage?: Stage;
  /** A terminal failure sets Stalled: only a change of the object or its source can help. */
  readonly terminal: boolean;
  readonly durationMs: number;
  readonly nextMs: number;
  /** What ended a canceled pass early. */
  readonly supersededBy?: Trigger;
  /** True where the pass before ended in the same way, so that it needs no event again. */
  readonly repeated?: boolean;
  readonly changes?: ChangeSet;
  readonly pruned?: Pruned;
  readonly health?: HealthReport;
}

type Told = 'why' | 'reason' | 'trigger' | 'generation' | 'requestedAt' | 'resumeAt';

/** What a look at a source found; `revision` is what the remote holds now. */
export interface SourceLook extends Pick<Look, Told> {
  readonly verdict: 'fetch' | 'idle' | 'suspended' | 'rejected' | 'deleted' | 'gone';
  readonly revision?: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly suspensionEnd?: SuspensionEnd;
}

/** The artifact that a fetch of a source left in its status; `changed` is false when the bytes are those of the artifact before. */
export interface SourceFetched {
  readonly revision: string;
  readonly digest: string;
  readonly size: number;
  readonly changed: boolean;
}

/** How a pass of a source ended that stored no artifact. */
export interface SourceOutcome {
  readonly result: 'idle' | 'failed' | 'rejected';
  readonly reason: string;
  readonly message: string;
  readonly generation: number;
  readonly requestedAt?: string;
  readonly terminal: boolean;
  /** The condition that tells of a failure; FetchFailed where absent. */
  readonly condition?: string;
}

/** When a source that failed is looked at again, in milliseconds: ever later between the first two, or after the third where it waits for another object. */
export interface SourceRetry {
  readonly minMs: number;
  readonly maxMs: number;
  readonly dependencyMs: number;
}

/** Every effect a workflow can ask for. Nothing here takes or returns a manifest or a secret value. */
export interface Activities {
  /** Reads the Kustomization, its source and its dependencies and says what is to be done. */
  observe(key: ObjectKey): Promise<Look>;
  /** Digest of all that a pass would build from, as fetch gives it; null where it can not be told. */
  inputs(pass: Pass): Promise<string | null>;
  /** Looks whether a pass would find anything to do, beside other inputs than those of the digest; writes nothing. */
  compare(pass: Pass, inputs: string): Promise<Compared>;
  /** Observes, compares, and concludes with the outcome, but for its duration, where nothing is new and nothing differs. */
  recheck(pass: Pass, inputs: string, outcome: Outcome): Promise<Rechecked>;
  fetch(pass: Pass): Promise<Fetched>;
  render(pass: Pass): Promise<Rendered>;
  apply(pass: Pass): Promise<ChangeSet>;
  health(pass: Pass): Promise<HealthReport>;
  prune(pass: Pass): Promise<Pruned>;
  /** Writes the outcome into the status, in one patch, and records the event. */
  conclude(key: ObjectKey, outcome: Outcome): Promise<void>;
  /** Ends a suspension at its time, unless it has been changed since. */
  resume(kind: 'Kustomization' | SourceKind, key: ObjectKey, until: string): Promise<void>;
  /** Deletes what the deletion policy says and removes the finalizer. */
  finalize(key: ObjectKey): Promise<Pruned>;
  /** Reads the source and asks the remote which revision it holds. */
  lookAtSource(key: SourceKey): Promise<SourceLook>;
  /** Fetches the revision, stores the artifact and writes it into the status. */
  fetchSource(key: SourceKey, look: SourceLook): Promise<SourceFetched>;
  /** Writes an outcome that stored nothing. Histories of before retries could be set hold no result. */
  concludeSource(key: SourceKey, outcome: SourceOutcome): Promise<SourceRetry | undefined>;
  finalizeSource(key: SourceKey): Promise<void>;
}
