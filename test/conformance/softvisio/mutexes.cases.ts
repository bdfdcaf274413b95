import {
  alone,
  call,
  failed,
  granted,
  leaves,
  methods,
  mutters,
  noLock,
  ok,
  type Play,
  says,
  together,
} from "./case.ts";

const lock = (id: unknown, mutex = "m") => call(id, methods.lock, mutex);
const tryLock = (id: unknown, mutex = "m") => call(id, methods.tryLock, mutex);
const isLocked = (id: unknown, mutex = "m") => call(id, methods.isLocked, mutex);
const unlock = (id: unknown, lockId = "<uuid-a>", mutex = "m") =>
  call(id, methods.unlock, mutex, lockId);

/** Mutex ids that something could take for more than plain data. */
const oddIds = [
  "",
  "/",
  " ",
  "\u0000",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "0",
  "-1",
  "a/b",
  "ü",
  "😀",
  "\ufeff",
  "\\n",
  "<b>",
  "x".repeat(1024),
  "ü".repeat(512),
];

const identityPlays: readonly Play[] = [
  ...oddIds.map(
    (mutex): Play => ({
      see: "4.1",
      rule: `${JSON.stringify(mutex).slice(0, 40)} is a mutex like any other`,
      moves: [
        says("a", isLocked(1, mutex), ok(1, false)),
        says("a", tryLock(2, mutex), granted(2, "<uuid-a>")),
        says("b", tryLock(1, mutex), ok(1, false)),
        says("b", isLocked(2, mutex), ok(2, true)),
        mutters("b", [lock(3, mutex)]),
        says("a", unlock(3, "<uuid-a>", mutex), ok(3, true), { b: [granted(3, "<uuid-b>")] }),
        says("b", unlock(4, "<uuid-b>", mutex), ok(4, true)),
        says("b", isLocked(5, mutex), ok(5, false)),
      ],
    }),
  ),
  {
    see: "4.1",
    rule: "halves of surrogate pairs, which UTF-8 cannot keep, are one mutex with U+FFFD",
    moves: [
      says("a", lock(1, "x\ud83d"), granted(1, "<uuid-a>")),
      says("b", tryLock(1, "x\ude00"), ok(1, false)),
      says("b", tryLock(2, "x\ufffd"), ok(2, false)),
      says("b", unlock(3, "<uuid-a>", "x\ud83e"), ok(3, true)),
    ],
  },
  {
    see: "4.1",
    rule: "ids are compared exactly",
    moves: [
      says("a", lock(1, "M"), granted(1)),
      ...["m", "M ", " M", "M/", "M\u0000"].map((mutex, at) =>
        says("b", isLocked(at + 1, mutex), ok(at + 1, false)),
      ),
      says("b", tryLock(9, "\u00e9"), granted(9)),
      says("b", tryLock(10, "e\u0301"), granted(10)),
    ],
  },
  {
    see: "4.1",
    rule: "a publish works after a lock on __proto__",
    moves: [
      says("a", lock(1, "__proto__"), granted(1)),
      says("a", call(2, methods.publish, "c", { name: "e" }), ok(2)),
    ],
  },
];

const methodPlays: readonly Play[] = [
  alone("4.2", "a free mutex is locked at once", [lock(1)], [granted(1)]),
  alone(
    "4.2",
    "one mutex does not keep out another",
    [lock(1), tryLock(2, "n")],
    [granted(1), granted(2)],
  ),
  alone(
    "4.2",
    "no lock is reentrant",
    [lock(1), tryLock(2), lock(3), isLocked(4)],
    [granted(1), ok(2, false), ok(4, true)],
  ),
  alone("4.2", "a mutex that nobody knows is not unlocked", [unlock(1, noLock)], [ok(1, false)]),
  {
    see: "4.2",
    rule: "each grant has a lock id of its own, and the old one unlocks no more",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      says("a", unlock(2), ok(2, true)),
      says("a", unlock(3), ok(3, false)),
      says("a", lock(4), granted(4, "<uuid-b>")),
      says("a", unlock(5, "<uuid-a>"), ok(5, false)),
      says("b", unlock(1, noLock), ok(1, false)),
      says("b", isLocked(2), ok(2, true)),
      says("a", unlock(6, "<uuid-b>"), ok(6, true)),
      says("b", isLocked(3), ok(3, false)),
    ],
  },
  {
    see: "4.2",
    rule: "an id of another mutex's lock unlocks nothing",
    moves: [
      says("a", lock(1, "m"), granted(1, "<uuid-a>")),
      says("a", lock(2, "n"), granted(2, "<uuid-b>")),
      says("a", unlock(3, "<uuid-b>", "m"), ok(3, false)),
      says("a", isLocked(4, "m"), ok(4, true)),
      says("a", isLocked(5, "n"), ok(5, true)),
    ],
  },
  {
    see: "4.2",
    rule: "any connection may unlock by the lock id, and hands over",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      says("c", unlock(1), ok(1, true), { b: [granted(1)] }),
    ],
  },
  {
    see: "4.2",
    rule: "waiters are served in their order, and nobody overtakes them",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      mutters("c", [lock(1)]),
      mutters("b", [lock(2)]),
      says("d", tryLock(1), ok(1, false)),
      says("a", unlock(2), ok(2, true), { b: [granted(1, "<uuid-b>")] }),
      says("d", tryLock(2), ok(2, false)),
      says("b", unlock(3, "<uuid-b>"), ok(3, true), { c: [granted(1, "<uuid-c>")] }),
      says("d", tryLock(3), ok(3, false)),
      says("c", unlock(2, "<uuid-c>"), ok(2, true), { b: [granted(2, "<uuid-d>")] }),
      says("b", unlock(4, "<uuid-d>"), ok(4, true)),
      says("d", tryLock(4), granted(4)),
    ],
  },
  {
    see: "4.2",
    rule: "a mutex that is handed over is never seen unlocked",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      {
        who: "a",
        sends: [unlock(2), isLocked(3), tryLock(4)],
        heard: { a: [ok(2, true), ok(3, true), ok(4, false)], b: [granted(1)] },
      },
    ],
  },
];

const orderPlays: readonly Play[] = [
  {
    see: "4.3",
    rule: "an unlock is answered before the grant it causes on the same connection",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("a", [lock(2), lock(3)]),
      { who: "a", sends: [unlock(4)], heard: { a: [ok(4, true), granted(2, "<uuid-b>")] } },
      {
        who: "a",
        sends: [unlock(5, "<uuid-b>")],
        heard: { a: [ok(5, true), granted(3)] },
      },
    ],
  },
  alone(
    "4.3",
    "is-locked sees what was asked before it on the same connection",
    [isLocked(1), tryLock(2), isLocked(3), isLocked(4, "n"), unlock(5, noLock), isLocked(6)],
    [ok(1, false), granted(2), ok(3, true), ok(4, false), ok(5, false), ok(6, true)],
  ),
  {
    see: "4.3",
    rule: "is-locked sees the unlock before it",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      { who: "a", sends: [unlock(2), isLocked(3)], heard: { a: [ok(2, true), ok(3, false)] } },
    ],
  },
  together(
    "4.3",
    "a call that waits holds up none of the others",
    [lock(1), lock(2), lock(3, "n"), unlock(4, noLock), isLocked(5), call(6, "/nope")],
    [granted(1), granted(3), ok(4, false), ok(5, true), failed(6, -32809)],
  ),
];

const endPlays: readonly Play[] = [
  {
    see: "4.4",
    rule: "who leaves gives back all at once, its places in line too; who is next is told as they asked",
    moves: [
      says("a", lock(1, "x"), granted(1)),
      says("a", lock(2, "y"), granted(2)),
      says("b", lock(1, "z"), granted(1, "<uuid-z>")),
      mutters("a", [lock(3, "z")]),
      mutters("c", [lock(1, "y"), lock(2, "x"), lock(3, "z")]),
      leaves("a", { c: [granted(1), granted(2)] }),
      says("b", unlock(2, "<uuid-z>", "z"), ok(2, true), { c: [granted(3)] }),
    ],
  },
  {
    see: "4.4",
    rule: "a waiter that is gone is not granted anything",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      leaves("b"),
      says("a", unlock(2), ok(2, true)),
      says("a", isLocked(3), ok(3, false)),
    ],
  },
  {
    see: "4.4",
    rule: "an owner whose lock another unlocked takes nothing from the new holder when it leaves",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      says("c", unlock(1), ok(1, true), { b: [granted(1, "<uuid-b>")] }),
      leaves("a"),
      says("c", isLocked(2), ok(2, true)),
      says("c", tryLock(3), ok(3, false)),
      says("b", unlock(2, "<uuid-b>"), ok(2, true)),
      says("c", isLocked(4), ok(4, false)),
    ],
  },
  {
    see: "4.4",
    rule: "an unlock after the owner has left says false",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      leaves("a", { b: [granted(1)] }),
      says("c", unlock(1), ok(1, false)),
    ],
  },
];

const voidPlays: readonly Play[] = [
  ...[undefined, null, 0, "", false].map((id) =>
    alone(
      "4.5",
      `lock and try-lock with the id ${JSON.stringify(id)} lock nothing`,
      [lock(id), tryLock(id), isLocked(1)],
      [ok(1, false)],
    ),
  ),
  {
    see: "4.5",
    rule: "a void lock takes no place in line",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(undefined)]),
      says("a", unlock(2), ok(2, true)),
      says("a", isLocked(3), ok(3, false)),
    ],
  },
  {
    see: "4.5",
    rule: "a void unlock unlocks",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("a", [unlock(undefined)]),
      says("b", tryLock(1), granted(1)),
    ],
  },
];

export const mutexPlays: readonly Play[] = [
  ...identityPlays,
  ...methodPlays,
  ...orderPlays,
  ...endPlays,
  ...voidPlays,
];
