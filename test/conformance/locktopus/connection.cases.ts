/**
 * What one connection says and hears, in a namespace of its own. `see` is a section of
 * docs/protocols/locktopus.md. Data only, so that the protocol itself and a real server behind a
 * socket are held to the same.
 */
export interface ConnectionCase {
  readonly see: string;
  /** A sentence that can be false; the name of the test. */
  readonly rule: string;
  /** Sent in this order without waiting: a string as a text frame, bytes as a binary one. */
  readonly send: readonly (string | Uint8Array)[];
  /** All that is heard, in this order. */
  readonly expect: readonly Heard[];
}

export type Heard =
  /** A text frame, exactly. */
  | string
  /** A text frame that begins so: where the rest is in nobody's contract. */
  | { readonly startsWith: string }
  | { readonly close: number; readonly reason: string };

export const release = '{"action":"release"}';

/** A lock on each path, such as `"write a/b"`; `"read"` alone is the whole namespace. */
export function lock(...resources: readonly string[]): string {
  return JSON.stringify({
    action: "lock",
    resources: resources.map((resource) => {
      const [type, path] = resource.split(" ");
      return { type, path: path?.split("/") ?? [] };
    }),
  });
}

export function acquired(id: number): string {
  return `{"id":"${id}","action":"lock","state":"acquired"}\n`;
}

export function enqueued(id: number): string {
  return `{"id":"${id}","action":"lock","state":"enqueued"}\n`;
}

export function ready(id: number): string {
  return `{"id":"${id}","action":"release","state":"ready"}\n`;
}

/** The end of a connection after a communication error, with exactly this reason. */
export function failed(reason: string): readonly Heard[] {
  return [`communication error: ${reason}`, { close: 3000, reason: "" }];
}

/** The same where only the beginning of the reason is ours to promise. */
export function failedAs(reason = ""): readonly Heard[] {
  return [{ startsWith: `communication error: ${reason}` }, { close: 3000, reason: "" }];
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A lock message with these words for its resources, and one with these for its only path. */
function lockWith(resources: string): string {
  return `{"action":"lock","resources":${resources}}`;
}

function lockAt(path: string): string {
  return lockWith(`[{"type":"write","path":${path}}]`);
}

const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;

const basicCases: readonly ConnectionCase[] = [
  {
    see: "2",
    rule: "a free lock is acquired at once",
    send: [lock("write a/b")],
    expect: [acquired(1)],
  },
  {
    see: "2",
    rule: "a release is answered with the id of its lock",
    send: [lock("write a"), release],
    expect: [acquired(1), ready(1)],
  },
  {
    see: "2",
    rule: "ids count the locks of the namespace from 1",
    send: [lock("write a"), release, lock("read b"), release, lock("write a")],
    expect: [acquired(1), ready(1), acquired(2), ready(2), acquired(3)],
  },
  {
    see: "2",
    rule: "a binary frame is as good as a text frame",
    send: [bytes(lock("write a")), bytes(release)],
    expect: [acquired(1), ready(1)],
  },
  {
    see: "2",
    rule: "several resources are one lock",
    send: [lock("write a/b", "read c", "write d/e/f"), release],
    expect: [acquired(1), ready(1)],
  },
  {
    see: "2",
    rule: "a release may carry other fields, whatever they hold",
    send: [lock("write a"), '{"action":"release","id":9,"resources":{"type":7}}'],
    expect: [acquired(1), ready(1)],
  },
  {
    see: "2.2",
    rule: "a message is judged by the state after the ones sent before it",
    send: [lock("write a"), release, lock("write a"), release, lock("write a"), release],
    expect: [acquired(1), ready(1), acquired(2), ready(2), acquired(3), ready(3)],
  },
  {
    see: "2.2",
    rule: "a second lock is refused after the first was answered",
    send: [lock("write a"), lock("write b")],
    expect: [acquired(1), ...failed("invalid action [lock] in state [acquired]")],
  },
  {
    see: "2.2",
    rule: "a second release is refused after the first was answered",
    send: [lock("write a"), release, release],
    expect: [acquired(1), ready(1), ...failed("invalid action [release] in state [ready]")],
  },
  {
    see: "2.2",
    rule: "a message that is no JSON is refused after what was sent before it was answered",
    send: [lock("write a"), release, lock("write a"), "{nope"],
    expect: [acquired(1), ready(1), acquired(2), ...failedAs()],
  },
  {
    see: "3",
    rule: "a release without a lock is refused",
    send: [release],
    expect: failed("invalid action [release] in state [ready]"),
  },
  {
    see: "3",
    rule: "nothing is read after an error",
    send: ["{nope", lock("write a"), release, "[]"],
    expect: failedAs(),
  },
  {
    see: "3",
    rule: "only the first of two errors is told",
    send: [release, "5"],
    expect: failed("invalid action [release] in state [ready]"),
  },
];

const lockTypeCases: readonly ConnectionCase[] = [
  ...["read", "write", "r", "w", "R", "W", "READ", "Write", "wRITE"].map((type) => ({
    see: "2.1",
    rule: `the lock type ${type} is known`,
    send: [lock(`${type} a`), release],
    expect: [acquired(1), ready(1)],
  })),
  ...["", "x", "rw", "reads", "read ", "__proto__", "constructor"].map((type) => ({
    see: "2.1",
    rule: `the lock type ${JSON.stringify(type)} is refused by name`,
    send: [lockWith(JSON.stringify([{ type, path: ["a"] }]))],
    expect: failed(`cannot build resource lock: invalid lock type: ${type}`),
  })),
  ...[lockWith('[{"path":["a"]}]'), lockWith("[null]"), lockWith('[{"type":null}]')].map(
    (message) => ({
      see: "2.1",
      rule: `a missing lock type is an empty one: ${message}`,
      send: [message],
      expect: failed("cannot build resource lock: invalid lock type: "),
    }),
  ),
  {
    see: "2.1",
    rule: "a lock type that is no string is refused",
    send: [lockWith('[{"type":1,"path":["a"]}]')],
    expect: failedAs(),
  },
];

const actionCases: readonly ConnectionCase[] = [
  ...["LOCK", "Release", "acquire", " lock", "__proto__", "toString"].map((action) => ({
    see: "2.1",
    rule: `the action ${JSON.stringify(action)} is refused by name`,
    send: [JSON.stringify({ action })],
    expect: failed(`invalid action: ${action}`),
  })),
  ...["{}", "null", '{"action":null}', '{"action":""}', '{"resources":[]}'].map((message) => ({
    see: "2.1",
    rule: `a missing action is an empty one: ${message}`,
    send: [message],
    expect: failed("invalid action: "),
  })),
  {
    see: "2.1",
    rule: "an error repeats 100 characters of a long action",
    send: [JSON.stringify({ action: "x".repeat(5000) })],
    expect: failed(`invalid action: ${"x".repeat(100)}…`),
  },
  {
    see: "2.1",
    rule: "an action that is no string is refused",
    send: ['{"action":1}'],
    expect: failedAs(),
  },
];

const shapeCases: readonly ConnectionCase[] = [
  ...["[]", '[{"action":"lock"}]', "5", '"lock"', "true", "-0.5e3"].map((message) => ({
    see: "2.1",
    rule: `a message that is no object is refused: ${message}`,
    send: [message],
    expect: failedAs(),
  })),
  ...["", " ", "\r\n\t "].map((message) => ({
    see: "2.1",
    rule: `an empty message is refused: ${JSON.stringify(message)}`,
    send: [message],
    expect: failed("unexpected EOF"),
  })),
  ...["{nope", "{", '{"action"', '{"action":"lock"', "nul", "}", "\u{feff}{}"].map((message) => ({
    see: "2.1",
    rule: `a message that is no JSON is refused: ${JSON.stringify(message)}`,
    send: [message],
    expect: failedAs(),
  })),
  ...[`${release}${release}`, `${release} garbage`, ` \n${release}\n]`].map((message) => ({
    see: "2.1",
    rule: `what follows the first value of a frame is ignored: ${JSON.stringify(message)}`,
    send: [lock("write a"), message],
    expect: [acquired(1), ready(1)],
  })),
  ...[
    '{"ACTION":"lock","Resources":[{"TYPE":"write","pAth":["a"]}]}',
    '{"Action":"x","ACTION":"lock"}',
    '{"ACTION":"x","action":"lock"}',
    '{"action":"lock","ACTION":"x"}',
    '{"action":"x","action":"lock"}',
    lockWith('[{"type":"x","type":"read","path":"x","path":["a"]}]'),
    '{"action":"lock","timeout":5,"__proto__":{"action":"x"},"constructor":null}',
    `{"action":"lock","more":${deep(60)}}`,
  ].map((message) => ({
    see: "2.1",
    rule: `a field is found by its name in any case, the exact one or else the last: ${message}`,
    send: [message, release],
    expect: [acquired(1), ready(1)],
  })),
  {
    see: "2.1",
    rule: "bytes that are not UTF-8 are refused in a binary frame",
    send: [Uint8Array.of(...bytes('{"action":"'), 0xc3, 0x28, ...bytes('"}'))],
    expect: failed("message is not UTF-8"),
  },
  ...[65, 100_000].map((depth) => ({
    see: "2.1",
    rule: `a message nested ${depth} deep is refused`,
    send: [deep(depth)],
    expect: failedAs(),
  })),
];

const resourceCases: readonly ConnectionCase[] = [
  ...['{"action":"lock"}', lockWith("null"), lockWith("[]")].map((message) => ({
    see: "2.1",
    rule: `a lock of no resources is acquired at once and can be released: ${message}`,
    send: [message, release],
    expect: [acquired(1), ready(1)],
  })),
  ...['{"type":"read"}', '"read"', "5", "true", "[5]", '["read"]', "[[]]"].map((resources) => ({
    see: "2.1",
    rule: `resources that are no list of objects are refused: ${resources}`,
    send: [lockWith(resources)],
    expect: failedAs(),
  })),
  ...[
    lockWith('[{"type":"write"}]'),
    lockAt("null"),
    lockAt("[]"),
    lockAt('[""]'),
    lockAt('["a",""]'),
    lockAt("[null]"),
    lockAt('["__proto__","constructor","hasOwnProperty"]'),
    lockAt('["\\ud800"]'),
    lockAt('["äöü","🔒","a/b"," "]'),
  ].map((message) => ({
    see: "2.1",
    rule: `a path is a list of any strings: ${message}`,
    send: [message, release],
    expect: [acquired(1), ready(1)],
  })),
  ...['"a"', '""', "5", "true", "{}", '["a",5]', '[["a"]]', '[{"a":1}]'].map((path) => ({
    see: "2.1",
    rule: `a path that is no list of strings is refused: ${path}`,
    send: [lockAt(path)],
    expect: failedAs("path must be an array of strings"),
  })),
];

const limitCases: readonly ConnectionCase[] = [
  {
    see: "2.3",
    rule: "a lock has at most 1024 resources",
    send: [lock(...paths(1024)), release, lock(...paths(1025))],
    expect: [acquired(1), ready(1), ...failedAs("limit exceeded: ")],
  },
  {
    see: "2.3",
    rule: "a path has at most 64 segments",
    send: [lock(`write ${segments(64)}`), release, lock(`write ${segments(65)}`)],
    expect: [acquired(1), ready(1), ...failedAs("limit exceeded: ")],
  },
  {
    see: "2.3",
    rule: "all paths have at most 3072 segments, each path counting one more",
    send: [lock(...deepPaths(48)), release, lock(...deepPaths(48), "write a")],
    expect: [acquired(1), ready(1), ...failedAs("limit exceeded: ")],
  },
  {
    see: "2.3",
    rule: "a segment has at most 1024 bytes",
    send: [lock(`read ${"é".repeat(512)}`), release, lock(`read ${"é".repeat(512)}x`)],
    expect: [acquired(1), ready(1), ...failedAs("limit exceeded: ")],
  },
  {
    see: "2.3",
    rule: "nothing sent after a lock beyond a limit is answered",
    send: [lock(`write ${segments(65)}`), release, lock("write a")],
    expect: failedAs("limit exceeded: "),
  },
  {
    see: "9",
    rule: "a path of ten segments is a path like any other",
    send: [lock(`write ${segments(10)}`), release, lock(`read ${segments(11)}`), release],
    expect: [acquired(1), ready(1), acquired(2), ready(2)],
  },
];

function paths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `write ${index}`);
}

/** Resources whose paths have 63 segments. */
function deepPaths(count: number): readonly string[] {
  return paths(count).map((resource) => `${resource}/${segments(62)}`);
}

function segments(count: number): string {
  return Array.from({ length: count }, (_, index) => index).join("/");
}

export const connectionCases: readonly ConnectionCase[] = [
  ...basicCases,
  ...lockTypeCases,
  ...actionCases,
  ...shapeCases,
  ...resourceCases,
  ...limitCases,
];
