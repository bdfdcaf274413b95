import { itemsIn } from "../chain.ts";
import { endWaiting, estateOf, protectLeases } from "../locks/owners.ts";
import { endSessions, keepFor, ownsAnything, setEnd } from "../sessions/sessions.ts";
import type { Session } from "../sessions/state.ts";
import { later, type Turn } from "../state.ts";
import { endPulls } from "../tasks/owners.ts";
import type { Start } from "./commands.ts";

/**
 * The connections that the node had before its start are gone. Its clients could not renew while it was
 * down, so nothing that is bound to the node ends before its owner had the restart grace to do so. What is
 * bound to other nodes goes on as it was.
 */
export function restart(turn: Turn, { node, restartGraceMs }: Start): void {
  const { sessions, locks } = turn.state;
  const siblings = sessions.ofNodes.get(node);
  const own = siblings === undefined ? [] : [...itemsIn(siblings)];
  protectLeases(turn, [...own, estateOf(locks, node)], restartGraceMs);
  endWaiting(turn, own);
  endPulls(turn, own);
  endSessions(
    turn,
    own.filter((session) => !survives(turn, session, restartGraceMs)),
  );
}

/** Gives the session its time to come back; `false` when it has none. */
function survives(turn: Turn, session: Session, restartGraceMs: number): boolean {
  const { life, isAttached, deadline } = session;
  if (life.type === "idle") {
    const protectedUntil = later(turn.at, Math.min(life.idleMs, restartGraceMs));
    if (protectedUntil > (deadline?.at ?? 0)) setEnd(turn.state.sessions, session, protectedUntil);
    return true;
  }
  if (isAttached) return keepFor(turn, session, life.restartGraceMs ?? restartGraceMs);
  // Its grace runs already; it has no more time than it had.
  return ownsAnything(session);
}
