import {
  alone,
  call,
  failed,
  granted,
  methods,
  noLock,
  ok,
  type Play,
  pushed,
  subscribe,
  together,
} from "./case.ts";

const look = (id: unknown) => call(id, methods.isLocked, "m");
const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
/** A call whose only argument is of this depth. */
const deepCall = (id: number, depth: number) =>
  `{"jsonrpc":"2.0","id":${id},"method":"${methods.isLocked}","params":[${deep(depth)}]}`;
const invalidId = failed(
  null,
  -32600,
  "the id must be a number, or a string of at most 1024 bytes",
);
const countInvalid = "Invalid number of arguments";
const stringNeeded = "/0 must be string";

/** Frames that say nothing are as if they had not been sent. */
const silentFrames: Readonly<Record<string, string | Uint8Array>> = {
  "an empty text": "",
  "no JSON": "{nope",
  "JSON and more": `${look(1)} x`,
  "two objects": look(1) + look(1),
  "a byte order mark before JSON": `\ufeff${look(1)}`,
  null: "null",
  "a number": "7",
  true: "true",
  "a string": '"/v1/mutexes/is-locked"',
  "an empty array": "[]",
  "a batch": `[${look(1)}]`,
  "no method": '{"jsonrpc":"2.0","id":1,"params":["m"]}',
  "null for a method": '{"jsonrpc":"2.0","id":1,"method":null,"params":["m"]}',
  "an inherited method": '{"jsonrpc":"2.0","id":1,"__proto__":{"method":"/v1/mutexes/is-locked"}}',
  "a result": '{"jsonrpc":"2.0","id":1,"result":{"status":200}}',
  "an error": '{"jsonrpc":"2.0","id":1,"error":{"code":-32800,"message":"no"}}',
  "bytes, even of a call": new TextEncoder().encode(look(1)),
  "bytes that are nothing": Uint8Array.of(0xff, 0x00, 0xc3),
  "no bytes": new Uint8Array(),
  "JSON that is too deep": deepCall(1, 63),
  "JSON that is far too deep": `{"id":1,"method":${"[".repeat(100_000)}`,
};

const leniencyPlays: readonly Play[] = [
  ...Object.entries(silentFrames).map(([what, frame]) =>
    alone(
      "2.1",
      `${what} is ignored, and the connection goes on`,
      [frame, look(2)],
      [ok(2, false)],
    ),
  ),
  alone(
    "2.1",
    "JSON of the greatest depth is read",
    [deepCall(1, 62)],
    [failed(1, -32808, stringNeeded)],
  ),
  alone(
    "2.1",
    "nobody looks at jsonrpc, at order, at space, or at other members",
    [
      ` \n{"params": ["m"] , "extra":{"a":[]}, "method":"\\u002fv1/mutexes/is-locked","id":1}\t`,
      `{"jsonrpc":"1.0","method":"${methods.isLocked}","params":["m"],"id":2}`,
      `{"jsonrpc":null,"method":"${methods.isLocked}","params":["m"],"id":3,"result":4}`,
    ],
    [ok(1, false), ok(2, false), ok(3, false)],
  ),
  alone(
    "2.1",
    "of a member that comes twice the last counts",
    [`{"id":1,"method":"/nope","method":"${methods.isLocked}","params":[],"params":["m"],"id":2}`],
    [ok(2, false)],
  ),
];

const idPlays: readonly Play[] = [
  ...[1, -1, 1.5, 1e300, Number.MAX_SAFE_INTEGER, "x", "0", "1", " ", "\u0000\ud83d"].map((id) =>
    alone("2.2", `the id ${JSON.stringify(id)} is told as it came`, [look(id)], [ok(id, false)]),
  ),
  alone("2.2", "an id of 1 KiB comes back", [look("é".repeat(512))], [ok("é".repeat(512), false)]),
  ...[`"${"é".repeat(512)}x"`, "true", "{}", '{"a":[1,null]}', "[]", '[1,"x"]', "1e400"].map((id) =>
    alone(
      "2.2",
      `${id.slice(0, 20)} is no id, and the call is not done`,
      [`{"id":${id},"method":"${methods.tryLock}","params":["m"]}`, look(1)],
      [invalidId, ok(1, false)],
    ),
  ),
  alone(
    "2.2",
    "the same id may be used again, and twice at once",
    [look(1), look(1)],
    [ok(1, false), ok(1, false)],
  ),
  ...[undefined, null, false, 0, -0, ""].map((id) =>
    alone(
      "2.2",
      `with the id ${JSON.stringify(id)} nothing is answered, not even an error`,
      [
        look(id),
        call(id, methods.isLocked),
        call(id, "/nope"),
        call(id, "/ping"),
        call(id, "/healthcheck"),
        call(id, "/schema"),
        look(2),
      ],
      [ok(2, false)],
    ),
  ),
];

function withParams(params: string, method: string = methods.isLocked): string {
  return `{"id":1,"method":"${method}","params":${params}}`;
}

const paramsPlays: readonly Play[] = [
  alone("2.2", "a value that is no array is one argument", [withParams('"m"')], [ok(1, false)]),
  ...["null", "7", "true", "{}", '{"0":"m","length":1}'].map((params) =>
    alone(
      "2.2",
      `${params} is one argument, of the wrong type`,
      [withParams(params)],
      [failed(1, -32808, stringNeeded)],
    ),
  ),
  alone(
    "2.2",
    "no params are no arguments",
    [`{"id":1,"method":"${methods.isLocked}"}`],
    [failed(1, -32808, countInvalid)],
  ),
];

const unknownMethods = [
  "",
  "/",
  "/v1",
  "/v1/",
  "mutexes/lock",
  "v1/mutexes/lock",
  "/mutexes/lock",
  "/v2/mutexes/lock",
  "/v1/mutexes/lock/",
  "/V1/mutexes/lock",
  "/v1/mutexes/Lock",
  "/v1/mutexes",
  "/subscribe/",
  "subscribe",
  "constructor",
  "__proto__",
  "/constructor",
];

const methodPlays: readonly Play[] = [
  ...unknownMethods.map((method) =>
    alone(
      "2.2",
      `there is no method ${JSON.stringify(method)}`,
      [call(1, method, "m")],
      [failed(1, -32809)],
    ),
  ),
  ...["7", "false", "{}", '["/v1/mutexes/lock"]'].map((method) =>
    alone(
      "2.2",
      `${method} is no method`,
      [`{"id":1,"method":${method},"params":["m"]}`],
      [failed(1, -32809)],
    ),
  ),
  together(
    "2.2",
    "calls run beside each other, however they fail",
    [
      call(1, methods.lock, "m"),
      call(2, "/nope"),
      call(3, methods.unlock, "m", noLock),
      call(4, methods.isLocked),
      call(5, methods.isLocked, "other"),
    ],
    [granted(1), failed(2, -32809), ok(3, false), failed(4, -32808, countInvalid), ok(5, false)],
  ),
];

const reservedPlays: readonly Play[] = [
  alone(
    "2.4",
    "/ping is answered with /pong and its id",
    [call(7, "/ping")],
    ['{"jsonrpc":"2.0","id":7,"method":"/pong"}'],
  ),
  alone(
    "2.4",
    "/healthcheck is well, whatever it is given",
    [call("h", "/healthcheck", 1, 2)],
    [ok("h")],
  ),
  alone(
    "2.4",
    "what has no answer has none, even with an id",
    [
      call(1, "/subscribe", ["/cluster/c/e"]),
      call(2, "/unsubscribe", ["/cluster/c/e"]),
      call(3, "/abort", 99),
      call(4, "/abort"),
      call(5, "/publish", "/cluster/c/e", "data"),
      call(6, "/pong"),
      look(7),
    ],
    [ok(7, false)],
  ),
  alone(
    "2.4",
    "a subscription to what is no list of names is ignored",
    [
      '{"method":"/subscribe"}',
      '{"method":"/subscribe","params":[]}',
      '{"method":"/subscribe","params":"/cluster/c/e"}',
      call(undefined, "/subscribe", "/cluster/c/e"),
      call(undefined, "/subscribe", null),
      call(undefined, "/subscribe", { 0: "/cluster/c/e", length: 1 }),
      subscribe(1, null, ["/cluster/c/e"], { toString: 1 }, "", "connect", "disconnect"),
      call(undefined, "/unsubscribe", 7),
      look(1),
    ],
    [ok(1, false)],
  ),
  {
    see: "2.4",
    rule: "what a client publishes by /publish nobody hears",
    moves: [
      { who: "b", sends: [subscribe("/cluster/c/e", "e")], heard: {} },
      {
        who: "a",
        sends: [call(1, "/publish", "/cluster/c/e", "x"), call(2, "/publish", "e"), look(3)],
        heard: { a: [ok(3, false)] },
      },
      {
        who: "a",
        sends: [call(4, methods.publish, "c", { name: "e" })],
        heard: { a: [ok(4)], b: [pushed("/cluster/c/e", null)] },
      },
    ],
  },
];

export const framePlays: readonly Play[] = [
  ...leniencyPlays,
  ...idPlays,
  ...paramsPlays,
  ...methodPlays,
  ...reservedPlays,
];
