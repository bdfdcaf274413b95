/** All notices. Each primitive defines its own; here they become one union. */
import type { ApiTokenRevokedNotice } from "./api-tokens/notices.ts";
import type { SessionDisplacedNotice } from "./sessions/notices.ts";
import type { TaskActionNotice } from "./tasks/notices.ts";
import type { UserNotice } from "./users/notices.ts";

export type { TaskAction, TaskActionNotice } from "./tasks/notices.ts";
export type { UserAction, UserActionNotice } from "./users/notices.ts";

/**
 * A change of the state that concerns more than the session that asked for it. Effects are for one session; a
 * notice is for every reader that must act on the change.
 */
export type Notice = ApiTokenRevokedNotice | SessionDisplacedNotice | TaskActionNotice | UserNotice;
