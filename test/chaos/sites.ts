import type { Stack } from '../../deploy/dev/index.ts';
import type { Services } from '../../deploy/dev/services.ts';
import type { HttpGate } from './gates/http-gate.ts';
import type { TcpGate } from './gates/tcp-gate.ts';

/** An installation in which everything can be broken: two workers and a bridge, which reach all others through gates. */
export interface Installation {
  readonly dir: string;
  readonly stack: Stack;
  readonly workers: readonly WorkerSite[];
  readonly bridge: Site;
  /** The way to the artifacts of the workers. */
  readonly artifacts: HttpGate;
  /** Where webhooks go. */
  readonly receiverUrl: string;
  /** What no log, status, event or database may ever hold. */
  readonly canary: string;
  /** Whether each worker has a small disk of its own, which can be filled. */
  readonly hasDisks: boolean;
  stop(): Promise<void>;
}

/** One process of ours and its ways. */
export interface Site {
  readonly name: string;
  readonly service: 'worker' | 'bridge';
  readonly services: Services;
  readonly api: HttpGate;
  readonly temporal: TcpGate;
}

/** A worker, and what it keeps. */
export interface WorkerSite extends Site {
  readonly cache: string;
  /** File with the milliseconds by which its clock is shifted. */
  readonly clock: string;
}
