import type { Kept } from "../kept.ts";
import type { State } from "../state.ts";
import type { TagList } from "./commands.ts";
import type { User } from "./state.ts";
import { addUser } from "./users.ts";

export interface UserRecord extends Omit<User, "tags"> {
  readonly type: "user";
  readonly tags: readonly (readonly [prefix: string, tags: TagList])[];
}

/** In the order of their last changes. */
export const keptUsers: Kept<State, UserRecord> = {
  *records({ users }) {
    for (const { tags, ...user } of users.byName.values()) {
      const lists = Array.from(tags, ([prefix, names]) => [prefix, [...names]] as const);
      yield { type: "user", ...user, tags: lists };
    }
  },
  restore(state, { type: _, tags, ...user }) {
    const maps = tags.map(([prefix, names]) => [prefix, new Map(names)] as const);
    addUser(state, { ...user, tags: new Map(maps) });
  },
};
