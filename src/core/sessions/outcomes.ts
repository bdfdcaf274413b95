export type SessionOutcome = SessionOpened | SessionTouched | SessionClosed | SessionKicked;

export interface SessionOpened {
  readonly type: "session_opened";
}

export interface SessionTouched {
  readonly type: "session_touched";
}

export interface SessionClosed {
  readonly type: "session_closed";
}

/** Sent to the session, under the operator's request: the operator has ended it with all that it owned. */
export interface SessionKicked {
  readonly type: "session_kicked";
}
