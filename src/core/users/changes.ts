/** What a change makes of a user. */
import { type Rejection, rejected } from "../rejection.ts";
import { unreachable } from "../unreachable.ts";
import { isAddressPattern } from "./address-pattern.ts";
import type { UserChange, UserList } from "./commands.ts";
import type { User } from "./state.ts";
import { withoutTags, withTags } from "./tags.ts";

/** Items of one list of a user. */
const listItemsMax = 256;

/** The changed user, or why the change cannot be made. */
export function changed(user: User, change: UserChange): User | Rejection {
  switch (change.type) {
    case "set_tags":
      return { ...user, tags: withTags(user.tags, change.prefix, change.tags) };
    case "delete_tags":
      return { ...user, tags: withoutTags(user.tags, change.prefix, change.names) };
    case "set_password":
      return { ...user, password: change.password };
    case "add":
      return withItem(user, change.list, change.item);
    case "remove": {
      const items = user[change.list].filter((item) => item !== change.item);
      return { ...user, [change.list]: items };
    }
    case "set_sessions_max":
      return { ...user, sessionsMax: Math.max(0, Math.trunc(change.sessionsMax)) };
    case "set_disabled":
      return { ...user, isDisabled: change.isDisabled };
    default:
      return unreachable(change);
  }
}

function withItem(user: User, list: UserList, item: string): User | Rejection {
  const items = user[list];
  if (items.includes(item)) return user;
  if (list !== "templates" && !isAddressPattern(item)) return noPattern;
  if (items.length < listItemsMax) return { ...user, [list]: [...items, item] };
  return rejected("limit_exceeded", `a user has at most ${listItemsMax} ${nouns[list]}`);
}

const nouns = {
  templates: "templates",
  whitelist: "patterns in its whitelist",
  blacklist: "patterns in its blacklist",
} as const satisfies Record<UserList, string>;

const noPattern = rejected(
  "invalid_argument",
  "a pattern is an address, a network such as 192.0.2.0/24, or the beginning of an address such as 192.0.*",
);
