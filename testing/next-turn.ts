/** Lets everything finish that waits for nothing but the event loop. */
export async function nextTurn(): Promise<void> {
  for (let turn = 1; turn <= 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
