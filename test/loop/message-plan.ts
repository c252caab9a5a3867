import type { Trigger } from '../../activities/contract.ts';
import { randomOf } from '../chaos/random.ts';

/** How a message reaches a workflow: as people, the bridge and the CLI send them. */
export type Way = 'signal' | 'signalWithStart' | 'update';

/** When a message is sent: so long after the first one of its burst was, after the next look at the object, or after the end of the next pass. */
export interface Moment {
  readonly after: 'send' | 'look' | 'end';
  readonly delayMs: number;
}

/** One message. Without a moment it is sent at once. */
export interface PlannedMessage {
  readonly way: Way;
  readonly trigger?: Trigger;
  readonly moment?: Moment;
}

/** A message to a workflow that is at rest, and those that follow while it works on that. */
export type Burst = readonly PlannedMessage[];

/** The bursts of a seed; the same seed gives the same ones. What follows comes when the run that the first one woke continues as new. */
export function burstsOf(seed: number, count: number): Burst[] {
  const random = randomOf(seed);
  const pick = <T>(from: readonly T[]): T => random.pick(from);
  const message = (): PlannedMessage => {
    const way = pick<Way>(['signal', 'signal', 'signalWithStart', 'update']);
    const trigger = pick<Trigger | 'none'>(['none', 'none', 'config', 'drift']);
    return way === 'update' || trigger === 'none' ? { way } : { way, trigger };
  };
  const moment = (): Moment => ({
    after: pick<Moment['after']>(['send', 'look', 'end']),
    delayMs: random.below(60),
  });
  return Array.from({ length: count }, () => {
    const following = Array.from({ length: random.below(5) }, () => ({
      ...message(),
      moment: moment(),
    }));
    return [message(), ...following];
  });
}
