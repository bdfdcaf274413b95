/** The time and the memory that peers may use; docs/operating/limits.md, sections "Turn" and "Memory". */
import { networkOf } from "../../core/network.ts";
import type { Account, Memory, MemoryLimits, Share, Turns } from "./account.ts";
import { bequeath, inheritedMs } from "./debts.ts";
import { createMemory, keep, settle } from "./memory.ts";
import { createTurns, leaveLine } from "./turns.ts";

export type { Account, MemoryLimits } from "./account.ts";
export { keep } from "./memory.ts";
export {
  answerMs,
  charge,
  expectAnswers,
  leaveLine,
  mayWork,
  rest,
  sliceMs,
  spend,
  waitInLine,
  waitingCount,
  worked,
} from "./turns.ts";

/** One for all listeners of a server. */
export interface Budget {
  readonly turns: Turns;
  readonly memory: Memory;
}

export function createBudget(
  limits: MemoryLimits,
  clock: Turns["clock"],
  /** Absent for listeners without a log. */
  logBytes: Turns["logBytes"] = () => 0,
): Budget {
  return { turns: createTurns(clock, logBytes), memory: createMemory(limits, clock) };
}

/** For listeners outside of a server. */
export const unlimited: MemoryLimits = {
  bytesMax: Number.POSITIVE_INFINITY,
  bytesPerAddressMax: Number.POSITIVE_INFINITY,
  bytesPerConnectionMax: Number.POSITIVE_INFINITY,
};

/** Memory of an idle connection of any protocol, in bytes; 10 to 23 KiB were measured. */
export const connectionBytes = 20 * 1024;

export interface NewAccount extends Pick<Account, "address" | "end"> {
  /** Notes that the connection is cut because the server keeps too much for its peer. */
  noted(account: Account): void;
}

/** Opens the books of a new connection. */
export function openAccount(
  { turns, memory }: Budget,
  { address, noted, end }: NewAccount,
): Account {
  const share = shareOf(memory, address);
  share.accountCount += 1;
  const nowMs = turns.clock.nowMs();
  const account: Account = {
    turns,
    memory,
    address,
    share,
    bytes: 0,
    isClosed: false,
    cut() {
      noted(account);
      account.end();
    },
    end,
    debtMs: inheritedMs(turns, share.network, nowMs),
    forgivenAtMs: nowMs,
    work: undefined,
  };
  memory.accounts.add(account);
  keep(account, connectionBytes);
  return account;
}

/** Closes the books of a connection that has ended. */
export function closeAccount(account: Account): void {
  leaveLine(account);
  bequeath(account);
  settle(account);
}

/** The share of the address. A proxy that speaks for itself gets one of its own. */
function shareOf({ shares }: Memory, address: string | undefined): Share {
  if (address === undefined) return { network: undefined, accountCount: 0, bytes: 0 };
  const network = networkOf(address);
  const share = shares.get(network) ?? { network, accountCount: 0, bytes: 0 };
  shares.set(network, share);
  return share;
}
