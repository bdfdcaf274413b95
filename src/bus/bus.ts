import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";

/** The way of an effect to the connection that speaks for its session. */
export interface Bus {
  /** Sends the session's effects to `deliver` from now on, in log order. One at a time. */
  attach(session: SessionId, deliver: (effect: Effect) => void): void;
  detach(session: SessionId): void;
  /** Effects of sessions with no connection here are dropped: what matters of them is in the state. */
  send(effect: Effect): void;
}
