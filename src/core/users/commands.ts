import type { JsonText, SessionId, UserName } from "../ids.ts";
import type { Operation } from "../operation.ts";
import { type Requested, reserveShares, type TraitsTable } from "../traits.ts";

export type UserCommand = CreateUser | DeleteUser | RenameUser | ChangeUser | LogIn | ReloadLogin;

export const userTraits = {
  create_user: { sender: "anyone", reserveShare: reserveShares.none },
  delete_user: { sender: "anyone", reserveShare: reserveShares.giving },
  rename_user: { sender: "anyone", reserveShare: reserveShares.none },
  change_user: { sender: "anyone", reserveShare: reserveShares.none },
  log_in: { sender: "session", reserveShare: reserveShares.none },
  reload_login: { sender: "anyone", reserveShare: reserveShares.none },
} as const satisfies TraitsTable<UserCommand>;

/** Makes a user without tags, templates and lists. */
export interface CreateUser extends Operation {
  readonly type: "create_user";
  readonly user: UserName;
  readonly password: PasswordRecord;
}

/**
 * What is kept of a password, in the PHC string format: `$argon2id$v=19$m=12288,t=3,p=1$SALT$HASH`. The core only
 * compares it with itself, and nobody can find the password by it.
 */
export type PasswordRecord = string;

/** The user can no longer log in, and the sessions that are logged in as the user lose their rights. */
export interface DeleteUser extends Operation {
  readonly type: "delete_user";
  readonly user: UserName;
}

/** Keeps everything else. Templates of others go on to name the old one, and so do the sessions of the user. */
export interface RenameUser extends Operation {
  readonly type: "rename_user";
  readonly user: UserName;
  readonly newName: UserName;
}

export interface ChangeUser extends Operation {
  readonly type: "change_user";
  readonly user: UserName;
  readonly change: UserChange;
}

export type UserChange =
  /** Adds these tags at the prefix to those that are there. Objects are merged, and other values replaced. */
  | { readonly type: "set_tags"; readonly prefix: string; readonly tags: TagList }
  /** Names that are not there do no harm. */
  | { readonly type: "delete_tags"; readonly prefix: string; readonly names: readonly string[] }
  | { readonly type: "set_password"; readonly password: PasswordRecord }
  /** What is there already is not added again. */
  | { readonly type: "add"; readonly list: UserList; readonly item: string }
  | { readonly type: "remove"; readonly list: UserList; readonly item: string }
  /** How many sessions may be logged in as the user at once; 0: any number. */
  | { readonly type: "set_sessions_max"; readonly sessionsMax: number }
  /** Keeps the user from logging in, and takes the rights of the sessions that are. */
  | { readonly type: "set_disabled"; readonly isDisabled: boolean };

/** Tags in the order in which they were given; the last of one name counts. */
export type TagList = readonly (readonly [name: string, value: JsonText])[];

/**
 * - `templates`: users whose tags the user has, too, unless it has its own.
 * - `whitelist`: patterns of addresses (address-pattern.ts) from which the user may log in whatever the blacklist says.
 * - `blacklist`: those from which it may not.
 */
export type UserList = "templates" | "whitelist" | "blacklist";

/** A session takes the rights of a user. The edge has seen the password, and says against which record. */
export interface LogIn extends Requested {
  readonly type: "log_in";
  /** Whose password it was. */
  readonly user: UserName;
  /** If this is not the user's record any more, the password has been changed meanwhile. */
  readonly password: PasswordRecord;
  /** The user becomes this one instead, for which it must be an administrator. */
  readonly as?: UserName;
  /** A whitelist keeps out every address that it does not name. */
  readonly isWhitelistStrict: boolean;
}

/** Tells a session that is logged in the tags of its user as they are now, under the request of whoever asks. */
export interface ReloadLogin extends Operation {
  readonly type: "reload_login";
  readonly target: SessionId;
}
