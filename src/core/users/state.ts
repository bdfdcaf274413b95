/** What the core keeps of users. */
import type { JsonText, LogIndex, TimeMs, UserName } from "../ids.ts";
import type { PasswordRecord, UserList } from "./commands.ts";

export interface Users {
  readonly byName: Map<UserName, User>;
  readonly byAccount: Map<LogIndex, User>;
  /** How many sessions are logged in to each account; only those with some. */
  readonly logins: Map<LogIndex, number>;
}

/** A user, which never changes: a changed one takes its place. */
export interface User extends Readonly<Record<UserList, readonly string[]>> {
  /** The entry that created the user. Neither another name nor another user of that name changes it. */
  readonly account: LogIndex;
  readonly name: UserName;
  readonly password: PasswordRecord;
  readonly tags: Tags;
  /** 0: any number. */
  readonly sessionsMax: number;
  readonly isDisabled: boolean;
  readonly createdAt: TimeMs;
}

/** By the prefix of the paths at which they hold, and by their names. The prefix `.` holds everywhere. */
export type Tags = ReadonlyMap<string, ReadonlyMap<string, JsonText>>;

/** To which account a session is logged in, and by which name it did so. */
export interface Login {
  readonly account: LogIndex;
  readonly user: UserName;
}

export function createUsers(): Users {
  return { byName: new Map(), byAccount: new Map(), logins: new Map() };
}
