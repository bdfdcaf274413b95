import type { Command, OpenSession, SessionOrigin } from "../core/command.ts";
import type { NodeId, RequestId, SessionId } from "../core/ids.ts";

/**
 * The session of one connection. The first command opens it, so that an idle connection costs the log nothing.
 * If that is refused, the next command tries again. `Why` is the form in which a protocol keeps the reason.
 */
export interface OwnSession<Why> {
  readonly session: SessionId;
  /** The request that has opened the session, or is to open it. */
  opening: RequestId | undefined;
  /** Why the last attempt to open the session failed. */
  whyNotOpen: Why;
}

/** What a protocol says about the sessions of its connections. */
export interface SessionTerms {
  readonly node: NodeId;
  readonly api: string;
  readonly origin: SessionOrigin;
  /** How long the server keeps the locks of a connection that is lost, and of one that a restart has cut. */
  readonly graceMs: number;
  readonly restartGraceMs: number;
}

/** The command that opens the session. */
export function openSession(
  own: OwnSession<unknown>,
  request: RequestId,
  { node, api, origin, graceMs, restartGraceMs }: SessionTerms,
): OpenSession {
  own.opening = request;
  const life = { type: "connection", graceMs, restartGraceMs } as const;
  return { type: "open_session", node, session: own.session, request, api, life, origin };
}

/** The session could not be opened. */
export function notOpened<Why>(own: OwnSession<Why>, why: Why): void {
  own.opening = undefined;
  own.whyNotOpen = why;
}

/** The commands at the end of the connection, some of whose pulls of tasks may have no answer. */
export function detach(
  { session, opening }: OwnSession<unknown>,
  pulls: readonly RequestId[] = [],
): readonly Command[] {
  if (opening === undefined) return [];
  const unanswered = pulls.length === 0 ? {} : { unanswered: pulls };
  return [{ type: "detach_session", session, ...unanswered }];
}

/** The reason against a further call that waits; `undefined` while there may be more. */
export function waitersFull(count: number, max: number): string | undefined {
  return count < max ? undefined : `a connection has at most ${max} calls that wait`;
}
