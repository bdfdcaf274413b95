import type { LogIndex, UserName } from "../ids.ts";
import type { Tags } from "./state.ts";

export type UserOutcome =
  | UserCreated
  | UserDeleted
  | UserRenamed
  | UserChanged
  | LoggedIn
  | LoginReloaded;

export interface UserCreated {
  readonly type: "user_created";
}

export interface UserDeleted {
  readonly type: "user_deleted";
}

export interface UserRenamed {
  readonly type: "user_renamed";
}

export interface UserChanged {
  readonly type: "user_changed";
}

export interface LoggedIn {
  readonly type: "logged_in";
  readonly user: UserName;
  readonly account: LogIndex;
  /** The user's own tags and those of its templates, as they are at this entry. */
  readonly tags: Tags;
}

/** The session was told, if it is logged in. */
export interface LoginReloaded {
  readonly type: "login_reloaded";
}
