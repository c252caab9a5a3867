import type { Progress } from '../progress.ts';
import type { PartName, StackProcess } from './state.ts';

/** Settings of the Temporal server; they are kept with the stack and used again at each restart. */
export interface TemporalOptions {
  /** Additional dynamic configuration, values as JSON, for example `{ 'limit.blobSize.error': '2097152' }`. */
  readonly dynamicConfig?: Readonly<Record<string, string>>;
  /** Additional search attributes by name, for example `{ SluiceTest: 'Keyword' }`. */
  readonly searchAttributes?: Readonly<Record<string, string>>;
}

/** How to start a stack; every field has a default. */
export interface StackOptions {
  /** Where its data, logs and credentials are kept; `SLUICE_STACK_DIR` or the cache folder by default. */
  readonly dir?: string;
  readonly temporal?: TemporalOptions;
  readonly progress?: Progress;
  /** Ends the start and takes back what it started. */
  readonly signal?: AbortSignal;
  /** False: start everything, even if KUBECONFIG or TEMPORAL_ADDRESS name servers of the user. */
  readonly respectEnvironment?: boolean;
}

/** A stack that is up. */
export interface Stack {
  readonly dir: string;
  /** Path of a kubeconfig with full rights (the user's own, if KUBECONFIG is set). */
  readonly kubeconfig: string;
  readonly temporalAddress: string;
  /** Undefined if Temporal is the user's own. */
  readonly temporalUiUrl: string | undefined;
  /** Paths of the programs by name; kubectl and kustomize are always there. */
  readonly tools: Readonly<Record<string, string>>;
  /** What runs, by name; parts that are the user's own are not in it. */
  readonly processes: Readonly<Partial<Record<PartName, StackProcess>>>;
}

/** One part as `stackStatus` sees it. */
export interface PartStatus {
  readonly name: PartName;
  /** `missing`: it was started once and is gone; `unready`: it runs, but does not answer. */
  readonly state: 'ready' | 'unready' | 'missing';
  readonly pid: number | undefined;
  readonly log: string;
}

/** What is known about the stack of a folder, running or not. */
export interface StackStatus {
  readonly dir: string;
  /** `stopped` means no part runs; `partial` that some do not run or do not answer. */
  readonly state: 'running' | 'partial' | 'stopped';
  readonly parts: readonly PartStatus[];
  readonly kubeconfig: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly temporalUiUrl: string | undefined;
}

export type { PartName, StackProcess };
