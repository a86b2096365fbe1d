/** Runs `work` for each item, at most `limit` of them together; results in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const todo = items.entries();
  const runner = async (): Promise<void> => {
    for (const [index, item] of todo) results.set(index, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, runner));
  return items.map((_, index) => results.get(index) as R);
}
