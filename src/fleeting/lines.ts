/** The subscribers: for each topic or prefix the line of its sessions. */
import type { JoinedSession } from "./sessions.ts";

/** By topic or by prefix. */
export type Lines = Map<string, Line>;

/** Most topics have one subscriber, which stands for itself: a set would cost more than all the rest. */
type Line = JoinedSession | Set<JoinedSession>;

/** Sessions that receive an event, each once. */
export type Receivers = ReadonlySet<JoinedSession> | readonly JoinedSession[];

/** Returns whether the line is new. The session is not in it yet. */
export function joinLine(lines: Lines, name: string, session: JoinedSession): boolean {
  const line = lines.get(name);
  if (line === undefined) lines.set(name, session);
  else if (line instanceof Set) line.add(session);
  else lines.set(name, new Set([line, session]));
  return line === undefined;
}

/** Returns whether the line is gone, because the session was its last. */
export function leaveLine(lines: Lines, name: string, session: JoinedSession): boolean {
  const line = lines.get(name);
  if (line instanceof Set) {
    line.delete(session);
    if (line.size > 0) return false;
  } else if (line !== session) {
    return false;
  }
  return lines.delete(name);
}

/** Stays valid until the next subscription. */
export function lineOf(lines: Lines, name: string): Receivers | undefined {
  const line = lines.get(name);
  return line === undefined || line instanceof Set ? line : [line];
}

export function isIn(receivers: Receivers, session: JoinedSession): boolean {
  return receivers instanceof Set ? receivers.has(session) : isAmong(receivers, session);
}

function isAmong(receivers: Iterable<JoinedSession>, session: JoinedSession): boolean {
  for (const receiver of receivers) if (receiver === session) return true;
  return false;
}
