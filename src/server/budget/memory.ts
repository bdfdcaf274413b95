/**
 * Counts the bytes that peers make the server keep: unsent, unread, unfinished, pending. When they are too many,
 * the connections for which the server keeps the most are cut, the largest first.
 */
import type { Account, Memory, MemoryLimits } from "./account.ts";

/** After a cut this part of the budget is in use, so that not every turn cuts. */
const partAfterCut = 7 / 8;

export function createMemory(limits: MemoryLimits, clock: Memory["clock"]): Memory {
  return {
    limits,
    clock,
    accounts: new Set(),
    shares: new Map(),
    bytes: 0,
    cutTotal: 0,
    isScheduled: false,
  };
}

/** Counts bytes that the server keeps for the peer from now on; negative: that it no longer keeps. */
export function keep(account: Account, bytes: number): void {
  account.bytes += bytes;
  if (account.isClosed) return;
  const { memory, share } = account;
  share.bytes += bytes;
  memory.bytes += bytes;
  if (bytes > 0 && isTooMuch(account)) schedule(memory);
}

/** Takes the account out of the books. */
export function settle(account: Account): void {
  if (account.isClosed) return;
  account.isClosed = true;
  const { memory, share, bytes } = account;
  memory.accounts.delete(account);
  memory.bytes -= bytes;
  share.bytes -= bytes;
  share.accountCount -= 1;
  if (share.accountCount === 0 && share.network !== undefined) memory.shares.delete(share.network);
}

function isTooMuch({ bytes, share, memory }: Account): boolean {
  const { bytesMax, bytesPerAddressMax, bytesPerConnectionMax } = memory.limits;
  return (
    memory.bytes > bytesMax || share.bytes > bytesPerAddressMax || bytes > bytesPerConnectionMax
  );
}

function schedule(memory: Memory): void {
  if (memory.isScheduled) return;
  memory.isScheduled = true;
  memory.clock.soon(() => relieve(memory));
}

function relieve(memory: Memory): void {
  memory.isScheduled = false;
  const { bytesMax, bytesPerAddressMax, bytesPerConnectionMax } = memory.limits;
  const isOver = memory.bytes > bytesMax;
  const largestFirst = [...memory.accounts].sort((a, b) => b.bytes - a.bytes);
  const shares = largestFirst.map(({ share }) => share);
  const sharesOver = new Set(shares.filter(({ bytes }) => bytes > bytesPerAddressMax));
  for (const account of largestFirst) {
    const { share } = account;
    const isTooLarge =
      account.bytes > bytesPerConnectionMax ||
      (isOver && memory.bytes > partAfterCut * bytesMax) ||
      (sharesOver.has(share) && share.bytes > partAfterCut * bytesPerAddressMax);
    if (isTooLarge) cut(account);
  }
}

function cut(account: Account): void {
  settle(account);
  account.memory.cutTotal += 1;
  account.cut();
}
