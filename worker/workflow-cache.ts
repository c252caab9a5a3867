/**
 * How many workflows a worker keeps in memory, by the heap of the thread that runs them; the rest are replayed whenever something wakes
 * them. The SDK reckons with 1.7 MiB for each; ours take a third of one, and half of one is set aside.
 */
export function cachedWorkflows(heapBytes: number): number {
  return Math.max(Math.floor((heapBytes / mebibyte - ofItsOwnMiB) / eachMiB), fewest);
}

const mebibyte = 2 ** 20;
const ofItsOwnMiB = 200;
const eachMiB = 0.5;
const fewest = 10;
