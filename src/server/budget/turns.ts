/**
 * Shares out the turns of the event loop among the connections, by the time that their work takes.
 *
 *   bytes arrive ──light account, room in this turn──▶ worked at once
 *        └── heavy account, or no room ──▶ in line ──end of the turn──▶ worked for a slice ──▶ in line again, or done
 *
 * An account that has made little work lately is light, and comes before all heavy ones: a peer that asks now and
 * then does not wait for a thousand others that ask without end. The heavy ones take turns, so each gets on.
 */
import type { Account, Turns } from "./account.ts";

/** Work at once in one turn of the event loop, in ms; beyond it everybody waits in line. */
const atOnceMsMax = 6;

/** Work for those in line at the end of one turn, in ms. */
const inLineMsMax = 2;

/** Work for one account before others come round, in ms. */
export const sliceMs = 1;

/** An account with more debt is heavy, in ms. */
const lightMsMax = 0.5;

/** Part of the passing time that is forgiven of a debt: an account that makes less work is always light. */
const forgiveness = 1 / 10;

/** A debt never grows beyond this, in ms, so that it is forgiven some ten seconds after the storm. */
const debtMsMax = 1000;

export function createTurns(clock: Turns["clock"]): Turns {
  return { clock, light: new Set(), heavy: new Set(), spentMs: 0, isScheduled: false };
}

/**
 * Whether the account's work may be done at once; otherwise it waits in line. A heavy account need not wait while it
 * is the first of its turn and no other account waits.
 */
export function mayWork(account: Account, nowMs: number): boolean {
  const { work, turns } = account;
  if (work !== undefined || turns.spentMs >= atOnceMsMax) return false;
  return isLight(account, nowMs) || isFirst(turns);
}

function isFirst({ light, heavy, spentMs }: Turns): boolean {
  return spentMs < sliceMs && light.size + heavy.size === 0;
}

/** Counts work that was done for the account, and ended at `nowMs`. */
export function worked(account: Account, ms: number, nowMs: number): void {
  forgive(account, nowMs);
  charge(account, ms);
}

/** Counts work that the account's peer has caused and that comes later. */
export function charge(account: Account, ms: number): void {
  account.debtMs = Math.min(debtMsMax, account.debtMs + ms);
  account.turns.spentMs += ms;
  schedule(account.turns);
}

/** Puts the account in line: `work` runs at the end of this turn or a later one, and does a slice of work. */
export function waitInLine(account: Account, work: () => void): void {
  const { turns } = account;
  account.work = work;
  const line = isLight(account, turns.clock.nowMs()) ? turns.light : turns.heavy;
  line.add(account);
  schedule(turns);
}

export function leaveLine(account: Account): void {
  account.work = undefined;
  account.turns.light.delete(account);
  account.turns.heavy.delete(account);
}

function schedule(turns: Turns): void {
  if (turns.isScheduled) return;
  turns.isScheduled = true;
  turns.clock.soon(() => endTurn(turns));
}

function endTurn(turns: Turns): void {
  const { light, heavy, clock } = turns;
  const untilMs = clock.nowMs() + inLineMsMax;
  turns.isScheduled = false;
  serve(turns, light, untilMs);
  // However many light accounts there are, a heavy one gets on.
  serveNext(heavy);
  serve(turns, heavy, untilMs);
  turns.spentMs = 0;
  if (light.size + heavy.size > 0) schedule(turns);
}

function serve({ clock }: Turns, line: Set<Account>, untilMs: number): void {
  while (line.size > 0 && clock.nowMs() < untilMs) serveNext(line);
}

function serveNext(line: Set<Account>): void {
  const [account] = line;
  if (account === undefined) return;
  line.delete(account);
  const { work } = account;
  account.work = undefined;
  work?.();
}

function isLight(account: Account, nowMs: number): boolean {
  forgive(account, nowMs);
  return account.debtMs <= lightMsMax;
}

function forgive(account: Account, nowMs: number): void {
  const passedMs = nowMs - account.forgivenAtMs;
  account.debtMs = Math.max(0, account.debtMs - passedMs * forgiveness);
  account.forgivenAtMs = nowMs;
}
