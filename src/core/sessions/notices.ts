import type { SessionId } from "../ids.ts";

/** A session that owned nothing was ended to make room for another; operators want to know. */
export interface SessionDisplacedNotice {
  readonly type: "session_displaced";
  readonly session: SessionId;
  /** As its node knew it; `undefined`: it had none. */
  readonly address: string | undefined;
}
