import { abort, call, granted, methods, mutters, ok, type Play, says } from "./case.ts";

const lock = (id: unknown, mutex = "m") => call(id, methods.lock, mutex);
const tryLock = (id: unknown) => call(id, methods.tryLock, "m");
const isLocked = (id: unknown, mutex = "m") => call(id, methods.isLocked, mutex);
const unlock = (id: unknown, lockId = "<uuid-a>", mutex = "m") =>
  call(id, methods.unlock, mutex, lockId);

/** The holder unlocks, and nobody is next. */
const nobodyIsNext = [says("a", unlock(90), ok(90, true)), says("a", isLocked(91), ok(91, false))];

export const abortPlays: readonly Play[] = [
  ...[
    { what: "in the params", aborts: [abort(7)], id: 7 },
    { what: "in the envelope", aborts: ['{"method":"/abort","id":7}'], id: 7 },
    { what: "in both", aborts: ['{"method":"/abort","id":8,"params":[7]}'], id: 7 },
    { what: "in the envelope, beside one of no call", aborts: [call(7, "/abort", 99)], id: 7 },
    { what: "bare in the params", aborts: ['{"method":"/abort","params":7}'], id: 7 },
    { what: "as a string", aborts: [abort("x")], id: "x" },
    { what: "twice", aborts: [abort(7), abort(7)], id: 7 },
  ].map(
    ({ what, aborts, id }): Play => ({
      see: "4.6",
      rule: `a waiting call leaves the line when it is aborted by its id ${what}`,
      moves: [
        says("a", lock(1), granted(1, "<uuid-a>")),
        mutters("b", [lock(id)]),
        mutters("b", aborts),
        ...nobodyIsNext,
      ],
    }),
  ),
  {
    see: "4.6",
    rule: "those behind an aborted call move up",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1), lock(2), lock(3)]),
      mutters("b", [abort(1), abort(2)]),
      says("a", unlock(2), ok(2, true), { b: [granted(3)] }),
    ],
  },
  {
    see: "4.6",
    rule: "an abort right behind its call, while another holds, leaves nothing",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1), abort(1)]),
      ...nobodyIsNext,
    ],
  },
  {
    see: "4.6",
    rule: "an abort of what was granted gives it back, since the client will never know of it",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      { who: "a", sends: [abort(1)], heard: { b: [granted(1)] } },
      says("a", unlock(2), ok(2, false)),
    ],
  },
  {
    see: "4.6",
    rule: "an abort of a try-lock that was granted gives it back",
    moves: [
      says("a", tryLock(1), granted(1)),
      mutters("a", [abort(1)]),
      says("b", isLocked(1), ok(1, false)),
    ],
  },
  {
    see: "4.6",
    rule: "an abort after the unlock does nothing, whoever has the mutex then",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      says("a", unlock(2), ok(2, true), { b: [granted(1)] }),
      mutters("a", [abort(1), abort(2)]),
      says("a", isLocked(3), ok(3, true)),
    ],
  },
  {
    see: "4.6",
    rule: "an abort after another has unlocked does nothing",
    moves: [
      says("a", lock(1), granted(1, "<uuid-a>")),
      mutters("b", [lock(1)]),
      says("c", unlock(1), ok(1, true), { b: [granted(1)] }),
      mutters("a", [abort(1)]),
      says("c", isLocked(2), ok(2, true)),
    ],
  },
  {
    see: "4.6",
    rule: "an abort of what was never asked, or was refused, or belongs to another does nothing",
    moves: [
      says("a", lock(1), granted(1)),
      says("b", tryLock(2), ok(2, false)),
      mutters("b", [abort(1), abort(2), abort(), abort(null), abort({}), abort("1"), abort([1])]),
      says("b", isLocked(3), ok(3, true)),
    ],
  },
  {
    see: "4.6",
    rule: "an id that is used again means the last call that had it",
    moves: [
      says("a", lock(1, "m"), granted(1)),
      says("a", lock(1, "n"), granted(1)),
      mutters("a", [abort(1)]),
      says("b", isLocked(1, "m"), ok(1, true)),
      says("b", isLocked(2, "n"), ok(2, false)),
    ],
  },
  {
    see: "4.6",
    rule: "an id that is used again is still that of its last call when the first one's mutex is unlocked",
    moves: [
      says("a", lock(1, "m"), granted(1, "<uuid-a>")),
      says("a", lock(1, "n"), granted(1)),
      says("a", unlock(2, "<uuid-a>", "m"), ok(2, true)),
      mutters("a", [abort(1)]),
      says("b", isLocked(1, "n"), ok(1, false)),
    ],
  },
];
