/** Runs `work` on every item, at most `concurrency` at a time, and gives the results in the order of the items. After an error no further item is begun. */
export async function mapLimited<Item, Result>(
  items: readonly Item[],
  concurrency: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const pending = items.entries();
  let failed = false;
  const run = async (): Promise<void> => {
    for (const [index, item] of pending) {
      if (failed) return;
      results[index] = await work(item);
    }
  };
  const runs = Array.from({ length: Math.min(concurrency, items.length) }, () =>
    run().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(runs);
  return results;
}
