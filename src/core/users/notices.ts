import type { LogIndex, UserName } from "../ids.ts";
import type { UserChange } from "./commands.ts";
import type { Tags, User } from "./state.ts";

export type UserNotice = AccountClosedNotice | UserActionNotice;

/** The account was deleted or disabled, which concerns the sessions that are logged in to it. */
export interface AccountClosedNotice {
  readonly type: "account_closed";
  readonly account: LogIndex;
}

/** Something was done to a user, for who watches users. A new name is none of these. */
export interface UserActionNotice {
  readonly type: "user_action";
  readonly user: UserName;
  /** Who did it: the name of a user, or an operator. */
  readonly by: string;
  readonly action: UserAction;
}

export type UserAction =
  | { readonly type: "created" }
  | { readonly type: "deleted" }
  | { readonly type: "changed"; readonly change: UserChange; readonly user: User }
  /** `tags`: with those of templates. */
  | { readonly type: "logged_in"; readonly user: User; readonly tags: Tags };
