import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Choices that depend on a seed alone. */
export interface Random {
  /** A whole number from 0 to below the limit. */
  below(limit: number): number;
  /** A whole number between the two, both included. */
  between(lowest: number, highest: number): number;
  /** True with this probability, from 0 to 1. */
  chance(probability: number): boolean;
  /** One of a list that is not empty; raises RangeError for an empty one. */
  pick<T>(list: readonly T[]): T;
  /** One of the keys, as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
}

/** The choices of a seed; the same seed gives the same ones in the same order. */
export function randomOf(seed: number): Random {
  const source = xoroshiro128plus(seed);
  const between = (lowest: number, highest: number): number => uniformInt(source, lowest, highest);
  const below = (limit: number): number => between(0, limit - 1);
  return {
    below,
    between,
    chance: (probability) => uniformFloat64(source) < probability,
    pick(list) {
      const chosen = list[list.length === 0 ? 0 : below(list.length)];
      if (chosen === undefined) throw new RangeError('there is nothing to pick from');
      return chosen;
    },
    weighted(weights) {
      const entries = Object.entries<number>(weights);
      const last = entries.at(-1);
      let left = uniformFloat64(source) * entries.reduce((sum, [, weight]) => sum + weight, 0);
      const found = entries.find(([, weight]) => (left -= weight) < 0) ?? last;
      if (!found) throw new RangeError('there is nothing to pick from');
      return found[0] as keyof typeof weights;
    },
  };
}
