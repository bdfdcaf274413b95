import {
  acquired,
  enqueued,
  failed,
  type Heard,
  lock,
  ready,
  release,
} from "./connection.cases.ts";

/**
 * What several connections to one fresh namespace say and hear, move by move. A move is over when
 * all that it says is heard has been heard, and nothing else may be.
 */
export interface Play {
  /** A section of docs/protocols/locktopus.md. */
  readonly see: string;
  readonly rule: string;
  /** Of every connection; absent: 60,000. */
  readonly abandonTimeoutMs?: number;
  readonly moves: readonly Move[];
}

export type Move =
  /** The connection sends these messages at once; it connects with its first move. */
  | { readonly who: string; readonly sends: readonly string[]; readonly heard: HeardBy }
  /** It closes, or is gone; the server notices. */
  | { readonly who: string; readonly leaves: true; readonly heard: HeardBy }
  | { readonly passMs: number; readonly heard: HeardBy };

export type HeardBy = Readonly<Record<string, readonly Heard[]>>;

/** The connection sends one lock or release and hears one answer. */
function says(who: string, message: string, answer: Heard, heard: HeardBy = {}): Move {
  return { who, sends: [message], heard: { [who]: [answer], ...heard } };
}

function leaves(who: string, heard: HeardBy = {}): Move {
  return { who, leaves: true, heard };
}

function passes(passMs: number, heard: HeardBy = {}): Move {
  return { passMs, heard };
}

const pushPlays: readonly Play[] = [
  {
    see: "2",
    rule: "a lock that must wait is enqueued, and acquired when the one before it is released",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      says("a", release, ready(1), { b: [acquired(2)] }),
      says("b", release, ready(2)),
    ],
  },
  {
    see: "2",
    rule: "a release while enqueued is answered at once, and no grant follows",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      says("b", release, ready(2)),
      says("a", release, ready(1)),
      says("b", lock("write x"), acquired(3)),
    ],
  },
  {
    see: "2.2",
    rule: "lock, release and lock sent together while another holds are answered in order",
    moves: [
      says("a", lock("write x"), acquired(1)),
      {
        who: "b",
        sends: [lock("write x"), release, lock("read x")],
        heard: { b: [enqueued(2), ready(2), enqueued(3)] },
      },
      says("a", release, ready(1), { b: [acquired(3)] }),
    ],
  },
  {
    see: "3",
    rule: "a second lock while enqueued is refused at once, and its place in line is free",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      {
        who: "b",
        sends: [lock("write y")],
        heard: { b: failed("invalid action [lock] in state [enqueued]") },
      },
      leaves("b"),
      says("c", lock("write x"), enqueued(3)),
      says("a", release, ready(1), { c: [acquired(3)] }),
    ],
  },
  {
    see: "3",
    rule: "two locks sent together while another holds are refused in the state enqueued",
    moves: [
      says("a", lock("write x"), acquired(1)),
      {
        who: "b",
        sends: [lock("write x"), lock("write x")],
        heard: { b: [enqueued(2), ...failed("invalid action [lock] in state [enqueued]")] },
      },
    ],
  },
];

const abandonPlays: readonly Play[] = [
  {
    see: "4",
    rule: "a held lock is kept for the abandon timeout after its connection, and not longer",
    abandonTimeoutMs: 400,
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      leaves("a"),
      passes(399),
      passes(1, { b: [acquired(2)] }),
    ],
  },
  {
    see: "4",
    rule: "an abandon timeout of 0 frees the lock at once",
    abandonTimeoutMs: 0,
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      leaves("a", { b: [acquired(2)] }),
    ],
  },
  {
    see: "4",
    rule: "after an error the held lock is kept for the abandon timeout, too",
    abandonTimeoutMs: 400,
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      {
        who: "a",
        sends: [lock("write y")],
        heard: { a: failed("invalid action [lock] in state [acquired]") },
      },
      leaves("a"),
      passes(399),
      passes(1, { b: [acquired(2)] }),
    ],
  },
  {
    see: "4",
    rule: "a waiter that leaves is out of the line at once",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x", "write y"), enqueued(2)),
      says("c", lock("write y"), enqueued(3)),
      leaves("b", { c: [acquired(3)] }),
      says("a", release, ready(1)),
      says("d", lock("write x"), acquired(4)),
    ],
  },
  {
    see: "4",
    rule: "a release followed at once by the end of the connection counts",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      says("a", release, ready(1), { b: [acquired(2)] }),
      leaves("a"),
      passes(120_000),
    ],
  },
];

const conflictPlays: readonly Play[] = [
  {
    see: "5",
    rule: "readers share a path, at any depth",
    moves: [
      says("a", lock("read x"), acquired(1)),
      says("b", lock("read x"), acquired(2)),
      says("c", lock("read x/y/z"), acquired(3)),
      says("d", lock("read"), acquired(4)),
    ],
  },
  {
    see: "5",
    rule: "a writer keeps out what is above, below and at its path, and no sibling",
    moves: [
      says("a", lock("write x/y"), acquired(1)),
      says("b", lock("read x"), enqueued(2)),
      says("c", lock("read x/y"), enqueued(3)),
      says("d", lock("read x/y/z"), enqueued(4)),
      says("e", lock("write x/z"), enqueued(5)),
      says("f", lock("write z"), acquired(6)),
      says("a", release, ready(1), { b: [acquired(2)], c: [acquired(3)], d: [acquired(4)] }),
      says("b", release, ready(2), { e: [acquired(5)] }),
    ],
  },
  {
    see: "5",
    rule: "an empty path is the whole namespace",
    moves: [
      says("a", lock("write"), acquired(1)),
      says("b", lock("read x/y"), enqueued(2)),
      says("a", release, ready(1), { b: [acquired(2)] }),
      says("a", lock("write"), enqueued(3)),
    ],
  },
  {
    see: "5",
    rule: "a lock of no resources is in nobody's way",
    moves: [
      says("a", '{"action":"lock"}', acquired(1)),
      says("b", lock("write"), acquired(2)),
      says("c", '{"action":"lock","resources":[]}', acquired(3)),
    ],
  },
  {
    see: "5",
    rule: "segments are compared exactly: case, slashes and empty ones count",
    moves: [
      says("a", lock("write x/y"), acquired(1)),
      says("b", '{"action":"lock","resources":[{"type":"w","path":["x/y"]}]}', acquired(2)),
      says("c", lock("write X/y"), acquired(3)),
      says("d", lock("write x/"), acquired(4)),
      says("e", '{"action":"lock","resources":[{"type":"w","path":["x",null]}]}', enqueued(5)),
    ],
  },
  {
    see: "5",
    rule: "a reader that comes after a waiting writer waits behind it",
    moves: [
      says("a", lock("read x"), acquired(1)),
      says("b", lock("write x"), enqueued(2)),
      says("c", lock("read x"), enqueued(3)),
      says("a", release, ready(1), { b: [acquired(2)] }),
      says("b", release, ready(2), { c: [acquired(3)] }),
    ],
  },
  {
    see: "5",
    rule: "resources are granted together, and a waiting one keeps its place on all of them",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x", "write y"), enqueued(2)),
      says("c", lock("write y"), enqueued(3)),
      says("a", release, ready(1), { b: [acquired(2)] }),
      says("b", release, ready(2), { c: [acquired(3)] }),
    ],
  },
  {
    see: "5",
    rule: "resources of one lock never block each other",
    moves: [
      says("a", lock("read x", "write x", "write x/y", "write x"), acquired(1)),
      says("b", lock("read x"), enqueued(2)),
      says("a", release, ready(1), { b: [acquired(2)] }),
    ],
  },
];

const defectPlays: readonly Play[] = [
  {
    see: "9",
    rule: "a reader is not held up by another reader once the writer between them is gone",
    moves: [
      says("a", lock("read a/b"), acquired(1)),
      says("b", lock("write a/c"), acquired(2)),
      says("c", lock("read a"), enqueued(3)),
      says("b", release, ready(2), { c: [acquired(3)] }),
    ],
  },
  {
    see: "9",
    rule: "a released reader leaves no ghost",
    moves: [
      says("a", lock("read a/b/c"), acquired(1)),
      says("b", lock("read a/b"), acquired(2)),
      says("b", release, ready(2)),
      says("c", lock("write a/b/d"), acquired(3)),
    ],
  },
  {
    see: "9",
    rule: "a reader does not wait behind a reader that waits",
    moves: [
      says("a", lock("write a/b"), acquired(1)),
      says("b", lock("read a"), enqueued(2)),
      says("c", lock("read a/c"), acquired(3)),
    ],
  },
  {
    see: "9",
    rule: "a lock released while enqueued is in nobody's way",
    moves: [
      says("a", lock("write x"), acquired(1)),
      says("b", lock("write x", "write y"), enqueued(2)),
      says("b", release, ready(2)),
      says("c", lock("write y"), acquired(3)),
    ],
  },
  {
    see: "9",
    rule: "a release and a new lock of the same path, sent together, find it free",
    moves: [
      says("a", lock("write x"), acquired(1)),
      { who: "a", sends: [release, lock("write x")], heard: { a: [ready(1), acquired(2)] } },
    ],
  },
];

export const plays: readonly Play[] = [
  ...pushPlays,
  ...abandonPlays,
  ...conflictPlays,
  ...defectPlays,
];
