import type { TimeMs } from "../ids.ts";
import type { Kept } from "../kept.ts";
import type { State } from "../state.ts";
import { beginLogin } from "../users/login.ts";
import type { Login } from "../users/state.ts";
import { addSession, setEnd } from "./sessions.ts";
import type { Session, SessionFacts } from "./state.ts";

export interface SessionRecord extends SessionFacts {
  readonly type: "session";
  /** The end of its grace or idle time; absent while its connection is alive. */
  readonly endsAt?: TimeMs;
  /** Absent: nobody has logged in. */
  readonly login?: Login;
}

/** In the order of opening. */
export const keptSessions: Kept<State, SessionRecord> = {
  *records({ sessions }) {
    for (const session of sessions.open.values()) yield recordOf(session);
  },
  restore(state, { type: _, endsAt, login, ...facts }) {
    const session = addSession(state, facts);
    if (endsAt !== undefined) setEnd(state.sessions, session, endsAt);
    if (login !== undefined) beginLogin(state, session, login);
  },
};

function recordOf(session: Session): SessionRecord {
  const { id, node, api, life, origin, openedIndex, openedAt, isAttached } = session;
  const { deadline, login } = session;
  const opened = { openedIndex, openedAt };
  const facts: SessionFacts = { id, node, api, life, origin, ...opened, isAttached };
  return {
    type: "session",
    ...facts,
    ...(deadline && { endsAt: deadline.at }),
    ...(login && { login }),
  };
}
