/**
 * Shares out the turns of the event loop among the connections, by the time that their work takes.
 *
 *   bytes arrive ──light account, room in this turn──▶ worked at once
 *        └── heavy account, or no room ──▶ in line ──end of the turn──▶ worked for a slice ──▶ in line again, or done
 *
 * An account that has made little work lately is light, and comes before all heavy ones: a peer that asks now and
 * then does not wait for a thousand others that ask without end. Those in line take turns, addresses first, so each gets
 * on. While the log is behind the heavy ones leave it to the light ones, because the log works in the order in which
 * things come.
 */
import type { Account, Line, Turns } from "./account.ts";
import { forgive, isLight, owe } from "./debts.ts";
import { countIn, join, leave, takeNext } from "./line.ts";

/** Work at once in one turn of the event loop, in ms; beyond it everybody waits in line. */
const atOnceMsMax = 6;

/** Work for those in line at the end of one turn, in ms. */
const inLineMsMax = 2;

/** Work for one account before others come round, in ms. */
export const sliceMs = 1;

/**
 * The most that an account owes for work between two looks at the clock, in ms. What took longer was most likely a
 * collection of garbage, of which any account may be the victim; work that is known to be long is charged besides.
 */
const workedMsMax = 10;

/** Who sends more bytes at once waits with the heavy, because what they ask for may take long. */
const lightBytesMax = 4 * 1024;

/** Beyond so many bytes that wait for the disk, the log is behind. */
const logBytesMax = 256 * 1024;

/**
 * Beyond so much work of answers that are under way the log is behind, too: what it takes in one go is answered in one
 * turn of the event loop, in ms.
 */
const underWayMsMax = 5;

/** To give one answer, once the log has taken what it says, in ms; measured by `bench websocket`, `grpc` and `rest`. */
export const answerMs = { message: 0.01, stream: 0.04, response: 0.05 } as const;

/** However many light accounts there are, and however slow the log is, a heavy one gets on after this, in ms. */
const heavyEveryMs = 20;

/** The longest rest, in ms. */
const restMsMax = 200;

/** From one look whether the heavy must still rest to the next, in ms. */
const lookAgainMs = 1;

export function createTurns(clock: Turns["clock"], logBytes: Turns["logBytes"]): Turns {
  return {
    clock,
    logBytes,
    light: new Map(),
    heavy: new Map(),
    pastDebts: new Map(),
    spentMs: 0,
    underWayMs: 0,
    heavyAtMs: 0,
    restUntilMs: 0,
    isScheduled: false,
    willLookAgain: false,
  };
}

/**
 * Whether the account's work, on so many bytes, may be done at once; otherwise it waits in line. Heavy work need not
 * wait while it is the first of its turn and no other account waits.
 */
export function mayWork(account: Account, nowMs: number, bytes = 0): boolean {
  const { work, turns } = account;
  if (work !== undefined || turns.spentMs >= atOnceMsMax) return false;
  return isLightWork(account, nowMs, bytes) || isFirst(turns);
}

function isLightWork(account: Account, nowMs: number, bytes: number): boolean {
  return bytes <= lightBytesMax && isLight(account, nowMs);
}

function isFirst(turns: Turns): boolean {
  const { light, heavy, spentMs } = turns;
  return spentMs < sliceMs && light.size + heavy.size === 0 && !mustRest(turns);
}

/** Whether heavy accounts must wait, whatever room there is in this turn: the log is behind, or some work took long. */
function mustRest({ clock, logBytes, underWayMs, restUntilMs }: Turns): boolean {
  const isBehind = underWayMs > underWayMsMax || logBytes() > logBytesMax;
  return isBehind || clock.nowMs() < restUntilMs;
}

/**
 * Some work could not be divided and took so long, which heavy accounts then wait: they get half of the time at most.
 * V8, for one, marks 5 ms for each 64 KiB that are new while it looks for garbage in a large state.
 */
export function rest(turns: Turns, ms: number): void {
  turns.restUntilMs = turns.clock.nowMs() + Math.min(ms, restMsMax);
}

/** Counts work that was done for the account, took so long by the clock, and ended at `nowMs`. */
export function worked(account: Account, ms: number, nowMs: number): void {
  forgive(account, nowMs);
  owe(account, Math.min(ms, workedMsMax));
  spend(account.turns, ms);
  if (ms > workedMsMax) rest(account.turns, ms);
}

/** Counts work that the account's peer has caused and that comes later. */
export function charge(account: Account, ms: number): void {
  owe(account, ms);
  spend(account.turns, ms);
}

/** Counts the work of answers that are under way from now on, in ms; negative: that have been given. */
export function expectAnswers({ turns }: Account, ms: number): void {
  turns.underWayMs += ms;
}

/** Counts work of this turn that no account owes, in ms. */
export function spend(turns: Turns, ms: number): void {
  turns.spentMs += ms;
  schedule(turns);
}

/** Puts the account in line: `work` runs at the end of this turn or a later one, and does a slice of work on the bytes. */
export function waitInLine(account: Account, work: () => void, bytes = 0): void {
  const { turns } = account;
  account.work = work;
  const isBrief = isLightWork(account, turns.clock.nowMs(), bytes);
  join(isBrief ? turns.light : turns.heavy, account);
  schedule(turns);
}

export function leaveLine(account: Account): void {
  account.work = undefined;
  leave(account.turns.light, account);
  leave(account.turns.heavy, account);
}

/** Accounts in line. */
export function waitingCount({ light, heavy }: Turns): number {
  return countIn(light) + countIn(heavy);
}

function schedule(turns: Turns): void {
  if (turns.isScheduled) return;
  turns.isScheduled = true;
  turns.clock.soon(() => endTurn(turns));
}

function endTurn(turns: Turns): void {
  const { light, heavy, clock, spentMs } = turns;
  const untilMs = clock.nowMs() + inLineMsMax;
  // Work that is foreseen fills the turn, too.
  const hasTime = () => clock.nowMs() < untilMs && turns.spentMs < spentMs + inLineMsMax;
  turns.isScheduled = false;
  while (light.size > 0 && hasTime()) serveNext(light);
  serveHeavy(turns, hasTime);
  turns.spentMs = 0;
  if (light.size > 0 || (heavy.size > 0 && !mustRest(turns))) schedule(turns);
  else if (heavy.size > 0) lookAgainLater(turns);
}

function serveHeavy(turns: Turns, hasTime: () => boolean): void {
  const { heavy, clock } = turns;
  const mayGoOn = () => turns.spentMs < atOnceMsMax && hasTime() && !mustRest(turns);
  const nowMs = clock.nowMs();
  const isDue = nowMs - Math.max(turns.heavyAtMs, turns.restUntilMs) >= heavyEveryMs;
  if (!isDue && !mayGoOn()) return;
  turns.heavyAtMs = nowMs;
  serveNext(heavy);
  while (heavy.size > 0 && mayGoOn()) serveNext(heavy);
}

function lookAgainLater(turns: Turns): void {
  if (turns.willLookAgain) return;
  turns.willLookAgain = true;
  turns.clock.after(lookAgainMs, () => {
    turns.willLookAgain = false;
    schedule(turns);
  });
}

function serveNext(line: Line): void {
  const account = takeNext(line);
  if (account === undefined) return;
  const { work } = account;
  account.work = undefined;
  work?.();
}
