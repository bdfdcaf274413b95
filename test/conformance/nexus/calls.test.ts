/** Calls and their answers; each row names the section of docs/protocols/nexus.md. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { nextTurn } from "../../../testing/next-turn.ts";
import { createWorld } from "./world.ts";

const ok = { result: { ok: true } };
const denied = { code: -32010, message: "Permission denied" };
const invalid = (detail?: string) => {
  return { code: -32602, message: detail ? `Invalid params:[${detail}]` : "Invalid params" };
};

interface Row {
  readonly see: string;
  readonly rule: string;
  readonly sent: string;
  readonly heard: readonly string[];
}

const version = (id: string) => `{"jsonrpc":"2.0","id":${id},"result":{"version":"1.9.4"}}`;
const failed = (id: string, code: number, message: string) =>
  `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":"${message}"}}`;
const noRequest = (id = "null") => failed(id, -32600, "Invalid request");
const parseError = failed("null", -32700, "Parse error");
const ask = (id: string) => `{"id":${id},"method":"sys.version"}`;

const ids = [
  "4294967297",
  "-1",
  "0",
  '""',
  '"1"',
  "1.5",
  "1.50",
  "1e6",
  "9223372036854775807",
  "9223372036854775808",
  "1e300",
  "[1,{}]",
  "true",
  '"\\u00e9"',
];

const rows: readonly Row[] = [
  ...ids.map((id) => ({
    see: "3",
    rule: `the id ${id} comes back`,
    sent: ask(id),
    heard: [version(id)],
  })),
  {
    see: "3",
    rule: "two ids that are equal as doubles are both answered",
    sent: ask("9007199254740992") + ask("9007199254740993"),
    heard: [version("9007199254740992"), version("9007199254740993")],
  },
  {
    see: "3",
    rule: "an id on several lines comes back on one",
    sent: ask('[1,\r\n{"a":\nnull}]'),
    heard: [version('[1,  {"a": null}]')],
  },
  {
    see: "3",
    rule: "a call without an id is not answered",
    sent: '{"method":"sys.version"}',
    heard: [],
  },
  { see: "3", rule: "nor is one with null", sent: '{"id":null,"method":"sys.version"}', heard: [] },
  {
    see: "3",
    rule: "a method that is no string",
    sent: '{"id":1,"method":5}',
    heard: [noRequest("1")],
  },
  { see: "3", rule: "an empty method", sent: '{"id":1,"method":""}', heard: [noRequest("1")] },
  { see: "3", rule: "no method", sent: '{"id":1}', heard: [noRequest("1")] },
  {
    see: "3",
    rule: "another version of JSON-RPC",
    sent: '{"jsonrpc":"1.0","id":1,"method":"sys.ping"}',
    heard: [noRequest("1")],
  },
  {
    see: "3",
    rule: "the same without an id",
    sent: '{"jsonrpc":"1.0","method":"sys.ping"}',
    heard: [noRequest()],
  },
  {
    see: "3",
    rule: "an empty version is none",
    sent: '{"jsonrpc":"","id":1,"method":"sys.version"}',
    heard: [version("1")],
  },
  { see: "3", rule: "an array is no batch", sent: `[${ask("1")}]`, heard: [noRequest()] },
  { see: "3", rule: "a string is no call", sent: '"sys.ping"', heard: [noRequest()] },
  {
    see: "3",
    rule: "the last of two members counts",
    sent: '{"id":1,"id":2,"method":"sys.version"}',
    heard: [version("2")],
  },
  {
    see: "1",
    rule: "an id that is too long",
    sent: ask(`"${"x".repeat(1023)}"`),
    heard: [failed("null", -32600, "Invalid request:[id: at most 1024 bytes]")],
  },
  {
    see: "3",
    rule: "an unknown method",
    sent: '{"id":1,"method":"sys.Ping"}',
    heard: [failed("1", -32601, "Method not found")],
  },
  {
    see: "3",
    rule: "white space and escapes wherever they may stand",
    sent: ' { "id" : 1 ,\n"meth\\u006fd" : "sys.\\u0076ersion" } ',
    heard: [version("1")],
  },
  {
    see: "3",
    rule: "what is no JSON, and a call on the next line",
    sent: `nonsense\r\n${ask("1")}`,
    heard: [parseError, version("1")],
  },
  {
    see: "3",
    rule: "a header of the Language Server Protocol",
    sent: `Content-Length: 30\r\n\r\n${ask("1")}`,
    heard: [parseError, version("1")],
  },
];

for (const { see, rule, sent, heard } of rows) {
  describe(`${see}: ${rule}`, () => {
    const bytes = Array.from(Buffer.from(sent), (byte) => Uint8Array.of(byte));
    for (const [how, pieces] of [
      ["whole", [sent]],
      ["byte by byte", bytes],
      ["glued to the next", [`${sent}\n${ask('"next"')}`]],
    ] as const) {
      it(how, async () => {
        const peer = createWorld().connect();
        peer.send(...pieces);
        await nextTurn();
        const next = how === "glued to the next" ? [version('"next"')] : [];
        assert.deepEqual(peer.heard(), [...heard, ...next]);
      });
    }
  });
}

interface Call {
  readonly see: string;
  /** Tags of the caller at the root; absent: nobody. */
  readonly tags?: Readonly<Record<string, unknown>>;
  readonly method: string;
  readonly params?: unknown;
  readonly answer: unknown;
}

const admin = { "@admin": true };
const user = (method: string, params: object, answer: unknown): Call => {
  return { see: "8", tags: admin, method, params: { user: "bob", ...params }, answer };
};
const unknownUser = { code: -32004, message: "Invalid user" };

const calls: readonly Call[] = [
  { see: "3", method: "sys.ping", answer: { result: "pong" } },
  { see: "3", tags: {}, method: "sys.ping", answer: ok },
  { see: "11", method: "sys.watchdog", answer: { result: { ok: true, watchdog: 90 } } },
  { see: "11", method: "sys.watchdog", params: 30, answer: { result: { ok: true, watchdog: 30 } } },
  {
    see: "11",
    method: "sys.watchdog",
    params: { watchdog: "5" },
    answer: { result: { ok: true, watchdog: 10 } },
  },
  {
    see: "11",
    method: "sys.watchdog",
    params: { watchdog: 1e9 },
    answer: { result: { ok: true, watchdog: 1800 } },
  },
  { see: "11", method: "sys.reload", answer: { code: -32600, message: "Invalid request" } },
  { see: "11", tags: {}, method: "sys.reload", answer: ok },
  { see: "7", method: "sys.node.list", answer: denied },
  {
    see: "11",
    tags: { "@sys.node.list": 1 },
    method: "sys.node.list",
    answer: {
      result: [
        {
          id: "abcdef01",
          clients: 1,
          load: { Load1: 0.5, Load5: 0.25, Load15: 0, load1: 0.5, load5: 0.25, load15: 0 },
          load1: 0.5,
          load5: 0.25,
          load15: 0,
          version: "1.9.4",
          listening: true,
        },
      ],
    },
  },
  { see: "11", tags: admin, method: "sys.session.count", answer: { result: { count: 1 } } },
  {
    see: "11",
    tags: admin,
    method: "sys.session.kick",
    params: { connid: "short" },
    answer: invalid(),
  },
  {
    see: "11",
    tags: admin,
    method: "sys.session.kick",
    params: { connid: "0123456789abcdef" },
    answer: { code: -32603, message: "Internal error" },
  },
  { see: "8", method: "sys.login", params: { user: "amy" }, answer: invalid() },
  { see: "8", method: "sys.login", params: { user: "amy>", pass: "x" }, answer: invalid() },
  { see: "8", method: "sys.login", params: { user: "a>b>c", pass: "x" }, answer: invalid() },
  { see: "8", method: "sys.login", params: { user: "nobody", pass: "x" }, answer: denied },
  { see: "8", method: "sys.login", params: { method: "other" }, answer: denied },
  { see: "9", method: "sync.lock", answer: invalid("lock") },
  { see: "9", method: "sync.lock", params: { lock: "a..b" }, answer: invalid("lock") },
  { see: "9", method: "sync.lock", params: { lock: "a" }, answer: denied },
  { see: "9", tags: { "@sync.lock": true }, method: "sync.lock", params: { lock: 5 }, answer: ok },
  {
    see: "9",
    tags: { "@sync.unlock": true },
    method: "sync.unlock",
    params: { lock: "a" },
    answer: { code: -32006, message: "Lock not owned" },
  },
  { see: "9", method: "pipe.write", answer: invalid("pipeid") },
  {
    see: "9",
    method: "pipe.write",
    params: { pipeid: "x", msg: 1, multi: true },
    answer: invalid("multi is true. msg should be an array"),
  },
  {
    see: "9",
    method: "pipe.write",
    params: { pipeid: "x", msg: Array(32_769).fill(0), multi: true },
    answer: invalid("msg: at most 32768 messages"),
  },
  {
    see: "9",
    method: "pipe.write",
    params: { pipeid: "x", msg: 1 },
    answer: { code: -32003, message: "Invalid pipe" },
  },
  {
    see: "9",
    method: "pipe.read",
    params: { pipeid: "x" },
    answer: { code: -32003, message: "Invalid pipe" },
  },
  {
    see: "9",
    method: "pipe.close",
    params: { pipeid: "x" },
    answer: { code: -32003, message: "Invalid pipe" },
  },
  { see: "9", method: "topic.sub", params: { topic: "a" }, answer: invalid("pipeid") },
  { see: "9", method: "topic.sub", params: { pipeid: "x" }, answer: invalid("topic") },
  { see: "9", method: "topic.sub", params: { pipeid: "x", topic: "a" }, answer: denied },
  {
    see: "9",
    tags: admin,
    method: "topic.sub",
    params: { pipeid: "x", topic: "a" },
    answer: { code: -32003, message: "Invalid pipe" },
  },
  { see: "9", method: "topic.pub", params: { topic: "a" }, answer: invalid("msg") },
  { see: "9", method: "topic.pub", params: { topic: "a", msg: null }, answer: denied },
  {
    see: "9",
    tags: admin,
    method: "topic.pub",
    params: { topic: "a", msg: null },
    answer: { result: { ok: true, sent: 0 } },
  },
  { see: "9", tags: admin, method: "topic.list", answer: { result: [] } },
  { see: "9", tags: admin, method: "topic.count", answer: { result: { count: 0 } } },
  {
    see: "10",
    tags: admin,
    method: "user.list",
    params: { filter: "(" },
    answer: { code: -32603, message: "Internal error:[filter]" },
  },
  { see: "10", tags: admin, method: "user.count", answer: { result: { count: 1 } } },
  {
    see: "10",
    tags: admin,
    method: "user.count",
    params: { prefix: "none" },
    answer: { result: { count: 0 } },
  },
  {
    see: "10",
    tags: admin,
    method: "user.count",
    params: { depth: 0 },
    answer: { result: { count: 0 } },
  },
  {
    see: "10",
    tags: admin,
    method: "user.count",
    params: { subprefixes: true },
    answer: { result: [{ prefix: "caller", count: 1 }] },
  },
  {
    see: "8",
    method: "user.create",
    params: { user: "ab", pass: "secret" },
    answer: invalid("user"),
  },
  {
    see: "8",
    method: "user.create",
    params: { user: "bob", pass: "abc" },
    answer: invalid("pass"),
  },
  { see: "8", method: "user.create", params: { user: "bob", pass: "secret" }, answer: denied },
  {
    see: "8",
    tags: admin,
    method: "user.create",
    params: { user: "Bob", pass: "secret" },
    answer: ok,
  },
  {
    see: "8",
    tags: admin,
    method: "user.create",
    params: { user: "Caller", pass: "secret" },
    answer: { code: -32005, message: "User already exists" },
  },
  user("user.delete", {}, unknownUser),
  user("user.rename", { new: "bobby" }, unknownUser),
  user("user.rename", { new: "b" }, invalid("new")),
  user("user.setTags", { prefix: "a", tags: {} }, unknownUser),
  user("user.setTags", { tags: {} }, invalid("prefix")),
  user("user.setTags", { prefix: "a", tags: [] }, invalid("tags")),
  user("user.delTags", { prefix: "a", tags: ["x"] }, unknownUser),
  user("user.delTags", { prefix: "a", tags: { x: 1 } }, unknownUser),
  user("user.delTags", { prefix: "a", tags: [1] }, invalid("tags")),
  user("user.getTags", {}, invalid()),
  user("user.getEffectiveTags", { prefix: "a" }, invalid()),
  user("user.setPass", { pass: "secret" }, unknownUser),
  user("user.addTemplate", { template: "staff" }, unknownUser),
  user("user.delTemplate", {}, invalid("template")),
  user("user.addWhitelist", { ip: "192.0.2.*" }, unknownUser),
  user("user.delWhitelist", { ip: "" }, invalid("ip")),
  user("user.addBlacklist", {}, invalid("ip")),
  user("user.delBlacklist", { ip: "x" }, unknownUser),
  user("user.setMaxSessions", { maxsessions: "x" }, invalid("maxsessions")),
  user("user.setMaxSessions", { maxsessions: 3 }, unknownUser),
  user("user.setDisabled", { disabled: "true" }, invalid("disabled")),
  user("user.setDisabled", { disabled: 1 }, unknownUser),
  user("user.listTemplate", {}, { code: -32601, message: "Method not found" }),
  {
    see: "8",
    tags: admin,
    method: "user.addBlacklist",
    params: { user: "caller", ip: "192\\.0.*" },
    answer: invalid("ip"),
  },
  {
    see: "7",
    tags: {},
    method: "user.getTags",
    params: { user: "caller" },
    answer: { result: { tags: {} } },
  },
  {
    see: "7",
    tags: {},
    method: "user.setPass",
    params: { user: "caller", pass: "other" },
    answer: ok,
  },
  {
    see: "7",
    tags: { "@user.setPass": false },
    method: "user.setPass",
    params: { user: "caller", pass: "other" },
    answer: denied,
  },
];

for (const { see, tags, method, params, answer } of calls) {
  const who = tags === undefined ? "nobody" : JSON.stringify(tags);
  it(`${see}: ${who} calls ${method} ${JSON.stringify(params) ?? ""}`, async () => {
    const world = createWorld();
    const peer = tags === undefined ? world.connect() : await world.connectAs("caller", tags);
    assert.deepEqual(await peer.ask(method, params), answer);
  });
}
