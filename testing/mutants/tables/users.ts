import type { Mutant } from "../mutant.ts";

/** Who may log in, as whom, and what they may do then. */
export const userMutants: readonly Mutant[] = [
  {
    name: "let-a-long-prefix-decide",
    fault: "A tag on a longer prefix undoes one on a shorter prefix.",
    edits: [
      {
        find: "for (const [name, value] of tags.get(prefix) ?? []) found.set(name, value);",
        replace:
          "for (const [name, value] of tags.get(prefix) ?? []) if (!found.has(name)) found.set(name, value);",
      },
    ],
  },
  {
    name: "let-a-template-outdo-its-user",
    fault: "A tag of a template replaces the user's own.",
    edits: [
      {
        find: "for (const [name, value] of names) if (!there.has(name)) there.set(name, value);",
        replace: "for (const [name, value] of names) there.set(name, value);",
      },
    ],
  },
  {
    name: "replace-objects-in-tags",
    fault: "A tag that is an object replaces the old one instead of being merged into it.",
    edits: [
      {
        find: "if (olds === undefined || news === undefined) return added;",
        replace: "if (olds === undefined || news === undefined || olds.size >= 0) return added;",
      },
    ],
  },
  {
    name: "let-anybody-become-anybody",
    fault: "A user can become another one without being its administrator.",
    edits: [
      {
        find: `return allows(tagsWithTemplates(users, user), "admin", as) ? users.byName.get(as) : undefined;`,
        replace: "return users.byName.get(as);",
      },
    ],
  },
  {
    name: "accept-an-old-password",
    fault: "A login counts though the password was changed after it was judged.",
    edits: [
      {
        find: "if (user?.password !== password) return undefined;",
        replace: "if (user === undefined || password === undefined) return undefined;",
      },
    ],
  },
  {
    name: "let-disabled-users-in",
    fault: "A disabled user can log in.",
    edits: [{ find: "if (isDisabled) return denied;", replace: "" }],
  },
  {
    name: "let-in-one-session-too-many",
    fault: "A user can have one session more than it may.",
    edits: [
      {
        find: "loginsOf(users, account) >= sessionsMax",
        replace: "loginsOf(users, account) > sessionsMax",
      },
    ],
  },
  {
    name: "forget-that-a-session-logged-out",
    fault: "A session that ends still counts for its user.",
    edits: [{ find: "endLogin(state, session); const siblings", replace: "const siblings" }],
  },
  {
    name: "keep-a-login-beside-the-next",
    fault: "A session that logs in as another user counts for both.",
    edits: [
      {
        find: "endLogin(state, session); beginLogin(state, session, { account, user: name });",
        replace: "beginLogin(state, session, { account, user: name });",
      },
    ],
  },
  {
    name: "let-a-blacklist-outdo-the-whitelist",
    fault: "An address on both lists is kept out.",
    edits: [{ find: "if (isAmong(whitelist)) return undefined;", replace: "" }],
  },
  {
    name: "forget-logins-in-a-snapshot",
    fault: "A session that is restored from a snapshot is nobody's.",
    edits: [
      {
        find: "if (login !== undefined) beginLogin(state, session, login);",
        replace: "void login;",
      },
    ],
  },
  {
    name: "write-a-snapshot-without-tags",
    fault: "Users are restored from a snapshot without their tags.",
    edits: [
      {
        find: "addUser(state, { ...user, tags: new Map(maps) });",
        replace: "addUser(state, { ...user, tags: new Map(maps.slice(0, 0)) });",
      },
    ],
  },
  {
    name: "let-a-rename-take-a-name",
    fault: "A user can be given the name of another one.",
    edits: [
      {
        find: `return isTaken ? rejected("already_exists", "a user of that name exists") : userNameFault(name);`,
        replace: "return isTaken ? undefined : userNameFault(name);",
      },
    ],
  },
];
