import { alone, call, failed, methods, noLock, ok, type Play } from "./case.ts";

const countInvalid = "Invalid number of arguments";
const json = JSON.stringify;

/** What is wrong with the arguments of a call, in these words. */
function invalid(method: string, params: string, ...errors: readonly string[]): Play {
  const frame = `{"id":1,"method":"${method}","params":${params}}`;
  return alone(
    "6",
    `${method} ${shortened(params)} is invalid`,
    [frame],
    [failed(1, -32808, ...errors)],
  );
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 80)}… (${text.length})`;
}

const mutexMethods = [methods.isLocked, methods.tryLock, methods.lock];
const notStrings = ["null", "7", "true", "[]", '["m"]', "{}"];
const format = '/1 must match format "uuid"';

const mutexPlays: readonly Play[] = [
  ...mutexMethods.flatMap((method) => [
    invalid(method, "[]", countInvalid),
    invalid(method, '["m","n"]', countInvalid),
    invalid(method, '["m",null]', countInvalid),
    ...notStrings.map((value) => invalid(method, `[${value}]`, "/0 must be string")),
    invalid(method, json(["x".repeat(1025)]), "/0 must NOT have more than 1024 bytes"),
    invalid(method, json(["ü".repeat(513)]), "/0 must NOT have more than 1024 bytes"),
  ]),
  ...["[]", '["m"]', `["m","${noLock}",1]`].map((params) =>
    invalid(methods.unlock, params, countInvalid),
  ),
  ...notStrings.map((value) =>
    invalid(methods.unlock, `[${value},"${noLock}"]`, "/0 must be string"),
  ),
  ...notStrings.map((value) => invalid(methods.unlock, `["m",${value}]`, "/1 must be string")),
  ...[
    "",
    "nope",
    noLock.replaceAll("-", ""),
    ` ${noLock}`,
    `${noLock}\n`,
    `{${noLock}}`,
    `uuid:${noLock}`,
    `urn:uuid:urn:uuid:${noLock}`,
    noLock.replace("5", "g"),
    noLock.slice(1),
  ].map((lockId) => invalid(methods.unlock, json(["m", lockId]), format)),
  invalid(methods.unlock, '[1,"x"]', "/0 must be string", format),
  invalid(
    methods.unlock,
    json(["x".repeat(1025), noLock]),
    "/0 must NOT have more than 1024 bytes",
  ),
  ...[noLock, noLock.toUpperCase(), `urn:uuid:${noLock}`, `URN:UUID:${noLock.toUpperCase()}`].map(
    (lockId) =>
      alone(
        "6",
        `${lockId} is a lock id, though of no lock`,
        [call(1, methods.unlock, "m", lockId)],
        [ok(1, false)],
      ),
  ),
];

const publishPlays: readonly Play[] = [
  ...["[]", '["c"]', '["c",{"name":"e"},null]', '"c"'].map((params) =>
    invalid(methods.publish, params, countInvalid),
  ),
  ...notStrings.map((value) =>
    invalid(methods.publish, `[${value},{"name":"e"}]`, "/0 must be string"),
  ),
  ...["null", '"e"', "7", "[]"].map((value) =>
    invalid(methods.publish, `["c",${value}]`, "/1 must be object"),
  ),
  invalid(methods.publish, '["c",{}]', "/1 must have required property 'name'"),
  ...["null", "7", "[]"].map((value) =>
    invalid(methods.publish, `["c",{"name":${value}}]`, "/1/name must be string"),
  ),
  ...["null", "7", "{}", "[]"].map((value) =>
    invalid(methods.publish, `["c",{"name":"e","data":${value}}]`, "/1/data must be string"),
  ),
  ...["7", "true", "{}"].map((value) =>
    invalid(
      methods.publish,
      `["c",{"name":"e","users":${value}}]`,
      "/1/users must be null,string,array",
    ),
  ),
  ...["x", "__proto__", "constructor", "toString", ""].map((name) =>
    invalid(
      methods.publish,
      `["c",{"name":"e","${name}":1}]`,
      `/1 must NOT have additional property '${name}'`,
    ),
  ),
  invalid(
    methods.publish,
    '["c",{"__proto__":{"name":"e"}}]',
    "/1 must have required property 'name'",
    "/1 must NOT have additional property '__proto__'",
  ),
  invalid(
    methods.publish,
    '[7,{"users":7,"data":7,"x":7}]',
    "/0 must be string",
    "/1 must have required property 'name'",
    "/1/users must be null,string,array",
    "/1/data must be string",
    "/1 must NOT have additional property 'x'",
  ),
  invalid(
    methods.publish,
    json(["c", { name: "e", users: new Array(10_001).fill("u") }]),
    "/1/users must NOT have more than 10000 items",
  ),
  invalid(
    methods.publish,
    json(["c", { name: "e", ["x".repeat(200)]: 1 }]),
    `/1 must NOT have additional property '${"x".repeat(100)}…'`,
  ),
  invalid(
    methods.publish,
    json([
      "c",
      { name: "e", ...Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`x${at}`, 1])) },
    ]),
    ...Array.from({ length: 20 }, (_, at) => `/1 must NOT have additional property 'x${at}'`),
  ),
  ...[
    { cluster: "c", name: "x".repeat(1023) },
    { cluster: "x".repeat(1024), name: "" },
    { cluster: "ü".repeat(511), name: "xx" },
    { cluster: "c", name: `${"x".repeat(900_000)}/` },
  ].map(({ cluster, name }) =>
    invalid(
      methods.publish,
      json([cluster, { name, users: Array.from({ length: 10_000 }, (_, at) => at) }]),
      "/1/name must NOT have more than 1024 bytes, with the cluster id",
    ),
  ),
  ...[
    '{"name":"e"}',
    `{"name":"${"x".repeat(1022)}"}`,
    `{"name":"${"x".repeat(1021)}/","users":["${"u".repeat(2000)}"]}`,
    '{"name":""}',
    '{"name":"e","users":null}',
    '{"name":"e/","users":[]}',
    '{"name":"e","users":["a",1,null,{},[]],"data":""}',
  ].map((event) =>
    alone(
      "6",
      `${shortened(event)} is an event`,
      [`{"id":1,"method":"${methods.publish}","params":["c",${event}]}`],
      [ok(1)],
    ),
  ),
];

export const argumentPlays: readonly Play[] = [...mutexPlays, ...publishPlays];
