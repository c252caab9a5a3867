import { meter } from './cost.ts';
import type { Course } from './course.ts';
import type { Figure, Result } from './outcome.ts';
import { isThere } from './processes.ts';
import { TooLate } from './view.ts';

/** Takes down what a race finds as it finds it, so that nothing is lost when the race then fails. */
export interface Notes {
  readonly result: Result;
  figure(name: string, value: number): void;
  /** Takes down that something had not come about by then. */
  late(name: string, limitSeconds: number): void;
  /** Takes down the seconds that some work took, or the limit that it passed, which is raised as TooLate. */
  timed(name: string, work: () => Promise<void>): Promise<void>;
  /** The same, with what it cost. Raises an Error as soon as a process of the contestant is gone. */
  stretch(course: Course, name: string, work: () => Promise<void>): Promise<void>;
}

/** Empty notes. */
export function takeNotes(): Notes {
  const result: Result = { figures: {}, costs: {} };
  const put = (name: string, figure: Figure): void => {
    result.figures[name] = figure;
  };
  const orLimit = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (error instanceof TooLate) put(name, { value: error.limitSeconds, over: true });
      throw error;
    }
  };
  return {
    result,
    figure(name, value) {
      put(name, { value });
    },
    late(name, limitSeconds) {
      put(name, { value: limitSeconds, over: true });
    },
    timed: (name, work) =>
      orLimit(name, async () => {
        const begun = performance.now();
        await work();
        put(name, { value: (performance.now() - begun) / 1000 });
      }),
    stretch: (course, name, work) =>
      orLimit(name, async () => {
        const stop = await meter(course);
        await whileAlive(course.running.processes.own, work);
        const cost = await stop();
        put(name, { value: cost.seconds });
        result.costs[name] = cost;
      }),
  };
}

async function whileAlive(
  own: Readonly<Record<string, number>>,
  work: () => Promise<void>,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const gone = new Promise<never>((_, reject) => {
    timer = setInterval(() => {
      const [name] = Object.entries(own).find(([, pid]) => !isThere(pid)) ?? [];
      if (name !== undefined) reject(new Error(`the process ${name} has ended`));
    }, 1000);
  });
  try {
    await Promise.race([work(), gone]);
  } finally {
    clearInterval(timer);
  }
}
