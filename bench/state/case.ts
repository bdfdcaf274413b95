/** What the state is filled with, to see how much heap it takes; see measure.ts. */
export const things = [
  "session of a connection",
  "session that lives by its requests",
  "session of an address of its own",
  "lock, path of 1 segment",
  "lock, path of 16 segments",
  "lock, path of 16 segments, 15 shared",
  "lock, name of 512 two-byte characters",
  "lock with key, lease and slot size",
  "lock of 64 claims",
  "lock in a namespace of its own",
  "waiter with a deadline",
  "waiter, path of 8 segments, in a crowd",
  "idle slot size",
  "idle namespace",
  "API token",
  "user without tags",
  "user with 16 tags at 4 prefixes, and lists",
  "session that is logged in, each as another user",
  "detached task that waits",
  "task of a session of its own, that another such works at",
  "task, path of 16 labels",
  "pull, in a session and at a path of its own",
] as const;

export type Thing = (typeof things)[number];

export interface StateCase {
  readonly thing: Thing;
  readonly count: number;
}

/** Bytes of one, when there are `count` of them. */
export interface StateAnswer {
  readonly counted: number;
  readonly measured: number;
}
