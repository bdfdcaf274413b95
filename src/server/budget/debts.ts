/**
 * The debt of an account: the work that its peer has made lately, in ms, of which a part is forgiven while time passes.
 * A new connection does not rid a peer of it: it inherits the largest that the closed connections of its address left.
 */
import { setNewest } from "../../protocols/newest.ts";
import type { Account, Turns } from "./account.ts";

/** An account with more debt is heavy. */
const lightMsMax = 0.5;

/** Part of the passing time that is forgiven of a debt: an account that makes less work is always light. */
const forgiveness = 1 / 10;

/** A debt never grows beyond this, so that it is forgiven some ten seconds after the storm. */
const debtMsMax = 1000;

/** Addresses whose debts are remembered; beyond them the oldest is forgotten. */
const addressesMax = 10_000;

export function isLight(account: Account, nowMs: number): boolean {
  forgive(account, nowMs);
  return account.debtMs <= lightMsMax;
}

export function owe(account: Account, ms: number): void {
  account.debtMs = Math.min(debtMsMax, account.debtMs + ms);
}

export function forgive(account: Account, nowMs: number): void {
  account.debtMs = left(account.debtMs, nowMs - account.forgivenAtMs);
  account.forgivenAtMs = nowMs;
}

/** The debt with which a new connection of the address begins. */
export function inheritedMs(
  { pastDebts }: Turns,
  network: string | undefined,
  nowMs: number,
): number {
  const past = network === undefined ? undefined : pastDebts.get(network);
  return past === undefined ? 0 : left(past.ms, nowMs - past.atMs);
}

/** Leaves the debt of a connection that has ended to the later ones of its address. */
export function bequeath(account: Account): void {
  const { turns, share } = account;
  const { network } = share;
  const nowMs = turns.clock.nowMs();
  if (network === undefined || isLight(account, nowMs)) return;
  const ms = Math.max(account.debtMs, inheritedMs(turns, network, nowMs));
  setNewest(turns.pastDebts, network, { ms, atMs: nowMs }, addressesMax);
}

function left(debtMs: number, passedMs: number): number {
  return Math.max(0, debtMs - passedMs * forgiveness);
}
