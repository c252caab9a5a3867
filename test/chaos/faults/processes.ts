import { each, startAll, type Victim } from '../victims.ts';
import type { Injection } from './injection.ts';

/** The processes get SIGKILL, and are started when it ends. */
export function killing(victims: readonly Victim[]): Injection {
  return {
    locks: victims.map(({ name }) => name),
    async begin() {
      await each(victims, (victim) => victim.kill());
      return () => startAll(victims);
    },
  };
}

/** The processes stand still (SIGSTOP) until it ends. */
export function pausing(victims: readonly Victim[]): Injection {
  return {
    locks: victims.map(({ name }) => name),
    async begin() {
      await each(victims, (victim) => victim.signal('SIGSTOP'));
      return () => each(victims, (victim) => victim.signal('SIGCONT'));
    },
  };
}
