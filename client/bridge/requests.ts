import type { ObjectKey } from '../../activities/contract.ts';
import { nameOf, type Sight } from './state.ts';

/** A request for a pass that this process has written into an object itself. */
export interface Request {
  readonly kind: string;
  readonly key: ObjectKey;
  /** The value of the annotation. */
  readonly at: string;
  readonly why: string;
}

/** Where requests are told before a watch brings them back, so that they wake at once, and once. */
export interface Requests {
  tell(request: Request): void;
  /** Wakes with every request told from now on. */
  follow(sights: Map<string, Sight>, wake: (sight: Sight, why: string) => void): void;
}

/** Nobody follows yet: what is told is left to the watch. */
export function createRequests(): Requests {
  let follower: ((request: Request) => void) | undefined;
  return {
    tell: (request) => follower?.(request),
    follow(sights, wake) {
      follower = ({ kind, key, at, why }) => {
        const name = nameOf({ kind, key });
        const sight = sights.get(name);
        // Either the watch was faster, or it has yet to bring the object.
        if (!sight || sight.requestedAt === at) return;
        const now = { ...sight, requestedAt: at };
        sights.set(name, now);
        wake(now, why);
      };
    },
  };
}
