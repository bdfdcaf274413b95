/** Runs for every item, in order of their beginning, so many at a time. Rejects with the first failure. */
export async function concurrently<Item>(
  items: Iterable<Item>,
  limit: number,
  run: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  async function work(): Promise<void> {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await run(next.value);
  }
  await Promise.all(Array.from({ length: limit }, work));
}
