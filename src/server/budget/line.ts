import type { Account, Line } from "./account.ts";

/**
 * Accounts that wait. Addresses come by turns, and the connections of one address do so among themselves: a thousand
 * connections of one peer get no more than the only one of another.
 */
export function join(line: Line, account: Account): void {
  const waiting = line.get(account.share);
  if (waiting === undefined) line.set(account.share, new Set([account]));
  else waiting.add(account);
}

export function leave(line: Line, account: Account): void {
  const waiting = line.get(account.share);
  if (waiting?.delete(account) && waiting.size === 0) line.delete(account.share);
}

/** Takes the next account out of the line. */
export function takeNext(line: Line): Account | undefined {
  const [next] = line;
  if (next === undefined) return undefined;
  const [share, waiting] = next;
  const [account] = waiting;
  line.delete(share);
  if (account !== undefined) waiting.delete(account);
  if (waiting.size > 0) line.set(share, waiting);
  return account;
}

export function countIn(line: Line): number {
  let count = 0;
  for (const waiting of line.values()) count += waiting.size;
  return count;
}
