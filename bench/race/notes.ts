import { meter } from './cost.ts';
import type { Course } from './course.ts';
import type { Figure, Result } from './outcome.ts';
import { TooLate } from './view.ts';

/** Takes down what a race finds as it finds it, so that nothing is lost when the race then fails. */
export interface Notes {
  readonly result: Result;
  figure(name: string, value: number): void;
  /** Takes down that something had not come about by then. */
  late(name: string, limitSeconds: number): void;
  /** Takes down the seconds that some work took, or the limit that it passed, which is raised as TooLate. */
  timed(name: string, work: () => Promise<void>): Promise<void>;
  /** The same, with what it cost. */
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
        await work();
        const cost = await stop();
        put(name, { value: cost.seconds });
        result.costs[name] = cost;
      }),
  };
}
