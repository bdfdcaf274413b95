import type { LogIndex } from "../ids.ts";

/** The account was deleted or disabled, which concerns the sessions that are logged in to it. */
export interface AccountClosedNotice {
  readonly type: "account_closed";
  readonly account: LogIndex;
}
