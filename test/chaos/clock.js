// Loaded before a worker (--import): what its own code is told of the time is shifted by the milliseconds in the file SLUICE_TEST_CLOCK.
// Plain JavaScript, since it is loaded before whatever reads TypeScript. Timers, and Temporal's native part, keep the real clock.
import { readFileSync } from 'node:fs';

const file = process.env.SLUICE_TEST_CLOCK;
const RealDate = Date;
let shift = 0;

if (file) {
  const read = () => {
    try {
      shift = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      shift = 0;
    }
  };
  read();
  setInterval(read, 100).unref();
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, self) =>
      Reflect.construct(target, args.length === 0 ? [target.now() + shift] : args, self),
    apply: (target) => new target(target.now() + shift).toString(),
    get(target, name) {
      if (name === 'now') return () => target.now() + shift;
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
