import type { ListedLock, LockListing } from "../core/locks/listing.ts";
import type { ListedSession, SessionListing } from "../core/sessions/listing.ts";
import { claimsShown, none, spanShown, tableOf, textShown } from "./printable.ts";

/** Listings as the server sends them; `now` is its log's time, Unix ms. */
export type ToldLocks = LockListing & { readonly now: number };
export type ToldSessions = SessionListing & { readonly now: number };

export function locksTable({ locks, isCut, now }: ToldLocks): string {
  if (locks.length === 0) return "No locks found\n";
  const heading = ["NAME", "NAMESPACE", "STATE", "TOKEN", "SESSION", "API", "SINCE", "LEFT", "KEY"];
  return tableOf([heading, ...locks.map((lock) => lockRow(lock, now))]) + cutNote(isCut);
}

function lockRow(lock: ListedLock, now: number): readonly string[] {
  const isHeld = lock.type === "holder";
  return [
    claimsShown(lock.claims),
    textShown(lock.namespace),
    isHeld ? "holds" : `waits ${lock.place}`,
    isHeld ? String(lock.token) : none,
    optional(lock.session),
    optional(lock.api),
    new Date(lock.since).toISOString(),
    left(lock.until, now),
    optional(lock.key),
  ];
}

export function sessionsTable({ sessions, isCut, now }: ToldSessions): string {
  if (sessions.length === 0) return "No sessions found\n";
  const heading = ["SESSION", "API", "NODE", "STATE", "LEFT", "HOLDS", "WAITS", "SINCE ENTRY"];
  return (
    tableOf([heading, ...sessions.map((session) => sessionRow(session, now))]) + cutNote(isCut)
  );
}

function sessionRow(listed: ListedSession, now: number): readonly string[] {
  const { session, api, node, until, locksHeld, locksWaiting, openedIndex } = listed;
  return [
    textShown(session),
    textShown(api),
    textShown(node),
    stateOf(listed),
    left(until, now),
    String(locksHeld),
    String(locksWaiting),
    String(openedIndex),
  ];
}

/** `idle`: the session lives by its requests; `gone`: its connection has ended and its grace runs. */
function stateOf({ life, isAttached }: ListedSession): string {
  if (life === "idle") return "idle";
  return isAttached ? "connected" : "gone";
}

function left(until: number | undefined, now: number): string {
  return until === undefined ? none : spanShown(until - now);
}

function optional(text: string | undefined): string {
  return text === undefined ? none : textShown(text);
}

function cutNote(isCut: boolean): string {
  return isCut ? "… and more: give a higher --limit, or for locks a --prefix or --namespace\n" : "";
}
