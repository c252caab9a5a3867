/** Does `work` for all items at once. When one fails the others are told to stop and waited for, so that nothing outlives the call; the first failure is thrown. */
export async function allOrAbort<T>(
  items: readonly T[],
  outer: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const controller = new AbortController();
  const signal = AbortSignal.any([outer, controller.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    items.map((item) =>
      work(item, signal).catch((error: unknown) => {
        failures.push(error);
        controller.abort(error);
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
