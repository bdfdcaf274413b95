import { apiSchema } from "../../../src/protocols/softvisio/schema.ts";
import { call, type ExpectedResponse, failed, type HttpAsk, methods, noLock, ok } from "./case.ts";

/** A request to a fresh server and its answer; `see` is a section of docs/protocols/softvisio.md. */
export interface HttpCase {
  readonly see: string;
  readonly rule: string;
  readonly ask: HttpAsk;
  readonly expect: ExpectedResponse;
  /** Absent: a server with defaults. */
  readonly server?: "listing" | "guarded";
}

export const countInvalid = "Invalid number of arguments";
const api = (method: string) => `/api${method}`;
export const free: ExpectedResponse = { status: 200, body: ok(undefined, false) };
export const done: ExpectedResponse = { status: 200, body: ok(undefined) };

export function refused(
  status: number,
  code: Parameters<typeof failed>[1],
  ...errors: readonly string[]
): ExpectedResponse {
  return { status, body: failed(undefined, code, ...errors) };
}

const unknown = refused(404, -32809);
const needsConnection = refused(400, -32810);
const undecodable = refused(400, -32807);
const wrongType = refused(415, -32803);

export const voidHeader = { "x-api-void-call": "true" };

/** Of `is-locked`. */
export function look(
  rule: string,
  body: string,
  expect: ExpectedResponse,
  rest: Partial<HttpAsk> = {},
): HttpCase {
  return { see: "3", rule, ask: { target: api(methods.isLocked), body, ...rest }, expect };
}

const bodyCases: readonly HttpCase[] = [
  look("an array is the list of arguments", '["m"]', free),
  look("any other value is one argument", '"m"', free),
  look("an object is one argument", "{}", refused(400, -32808, "/0 must be string")),
  look("null is one argument", "null", refused(400, -32808, "/0 must be string")),
  look("a number is one argument", "7", refused(400, -32808, "/0 must be string")),
  look("an empty body is no arguments", "", refused(400, -32808, countInvalid)),
  look("an empty array is no arguments", "[]", refused(400, -32808, countInvalid)),
  look("space around JSON is nothing", ' \r\n["m"]\t', free),
  ...["nope", '["m"', '["m"]]', '["m"] x', "\ufeff[]", "undefined", " ", "[1e]", "{'a':1}"].map(
    (body) => look(`${JSON.stringify(body)} is no JSON`, body, undecodable),
  ),
  look("JSON that is too deep is not decoded", `${"[".repeat(65)}${"]".repeat(65)}`, undecodable),
  look(
    "JSON of the greatest depth is",
    `${"[".repeat(64)}${"]".repeat(64)}`,
    refused(400, -32808, "/0 must be string"),
  ),
  look(
    "an object of another version is one argument",
    '{"jsonrpc":"1.0","method":"/x"}',
    refused(400, -32808, "/0 must be string"),
  ),
];

const typeCases: readonly HttpCase[] = [
  ...["application/json", "application/json; charset=utf-8", "Application/JSON ;x"].map((type) =>
    look(`the type ${type} is JSON`, '["m"]', free, { headers: { "content-type": type } }),
  ),
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "application/msgpack",
    "x/application/json",
  ].map((type) =>
    look(`the type ${type} is not`, '["m"]', wrongType, { headers: { "content-type": type } }),
  ),
];

const verbCases: readonly HttpCase[] = [
  look("GET is a call without arguments", "", refused(400, -32808, countInvalid), {
    method: "GET",
    headers: { "content-type": "application/json" },
  }),
  look("GET has none in its body", '["m"]', refused(400, -32808, countInvalid), { method: "GET" }),
  {
    see: "3",
    rule: "GET has none in its query",
    ask: { method: "GET", target: `${api(methods.isLocked)}?mutex_id=m&params=["m"]&locale=en` },
    expect: refused(400, -32808, countInvalid),
  },
  {
    see: "3",
    rule: "the query means nothing",
    ask: { target: `${api(methods.isLocked)}?locale=tlh&0=x`, body: '["m"]' },
    expect: free,
  },
  ...["PUT", "DELETE", "PATCH", "PURGE", "OPTIONS", "TRACE"].map((method) =>
    look(
      `${method} is refused`,
      "",
      { ...refused(405, -32804), headers: { Allow: "GET, POST" } },
      { method },
    ),
  ),
];

const pathCases: readonly HttpCase[] = [
  "/api",
  "/api/",
  "/api/v1",
  "/api//v1/mutexes/is-locked",
  "/api/v1/mutexes/is-locked/",
  "/api/v1/mutexes%2Fis-locked",
  "/api/v1/mutexes/IS-LOCKED",
  "/api/v2/mutexes/is-locked",
  "/api/mutexes/is-locked",
  "/api/constructor",
  "/api/__proto__",
].flatMap((target): HttpCase[] => [
  { see: "3", rule: `there is no ${target}`, ask: { target, body: '["m"]' }, expect: unknown },
  { see: "3", rule: `nor with GET ${target}`, ask: { method: "GET", target }, expect: unknown },
]);

const methodCases: readonly HttpCase[] = [
  ...[methods.tryLock, methods.lock, methods.unlock].flatMap((method): HttpCase[] => [
    {
      see: "3",
      rule: `${method} needs a connection, whatever its arguments are`,
      ask: { target: api(method), body: "[1,2,3]" },
      expect: needsConnection,
    },
    {
      see: "3",
      rule: `${method} needs one also when all is right`,
      ask: {
        target: api(method),
        body: JSON.stringify(["m", noLock].slice(0, method === methods.unlock ? 2 : 1)),
      },
      expect: needsConnection,
    },
    {
      see: "3",
      rule: `${method} needs one with GET, too`,
      ask: { method: "GET", target: api(method) },
      expect: needsConnection,
    },
  ]),
  ...["/subscribe", "/unsubscribe", "/abort"].map(
    (method): HttpCase => ({
      see: "2.4",
      rule: `${method} is for connections`,
      ask: { target: api(method), body: '[["/cluster/c/e"]]' },
      expect: needsConnection,
    }),
  ),
  ...["/publish", "/ping", "/pong", "/healthcheck"].flatMap((method): HttpCase[] => [
    {
      see: "2.4",
      rule: `${method} does nothing`,
      ask: { target: api(method), body: "[1]" },
      expect: done,
    },
    {
      see: "2.4",
      rule: `nor with GET ${method}`,
      ask: { method: "GET", target: api(method) },
      expect: done,
    },
  ]),
  {
    see: "2.4",
    rule: "/schema describes the API",
    ask: { method: "GET", target: "/api/schema" },
    expect: { status: 200, body: ok(undefined, apiSchema) },
  },
  {
    see: "3",
    rule: "an event is published, though there is no connection",
    ask: { target: api(methods.publish), body: '["c",{"name":"e","data":"d"}]' },
    expect: done,
  },
  {
    see: "6",
    rule: "all that is wrong is told",
    ask: { target: api(methods.publish), body: '[7,{"name":7,"data":7}]' },
    expect: refused(
      400,
      -32808,
      "/0 must be string",
      "/1/name must be string",
      "/1/data must be string",
    ),
  },
];

const orderCases: readonly HttpCase[] = [
  look("the type is looked at before the body", "nope", wrongType, {
    headers: { "content-type": "text/plain" },
  }),
  {
    see: "3",
    rule: "the body before the method",
    ask: { target: "/api/nope", body: "nope" },
    expect: undecodable,
  },
  {
    see: "3",
    rule: "the method before the arguments",
    ask: { target: "/api/nope", body: "[]" },
    expect: unknown,
  },
];

/** A JSON-RPC request in the body, to a path that is no method. */
function inBody(rule: string, body: string, expect: ExpectedResponse): HttpCase {
  return { see: "3", rule, ask: { target: "/api/", body }, expect };
}

const rpcCases: readonly HttpCase[] = [
  inBody(
    "the method of the body replaces the path, and the id is echoed",
    call(7, methods.isLocked, "m"),
    {
      status: 200,
      body: ok(7, false),
    },
  ),
  ...["x", 1.5].map((id) =>
    inBody(`the id ${JSON.stringify(id)} is told as it came`, call(id, methods.isLocked, "m"), {
      status: 200,
      body: ok(id, false),
    }),
  ),
  ...[true, {}, [1], "x".repeat(1025)].map((id) =>
    inBody(
      `${JSON.stringify(id).slice(0, 20)} is no id`,
      call(id, methods.publish, "c", { name: "n" }),
      {
        status: 400,
        body: failed(null, -32600, "the id must be a number, or a string of at most 1024 bytes"),
      },
    ),
  ),
  ...[undefined, null, 0, "", false].map((id) =>
    inBody(
      `with the id ${JSON.stringify(id)} it is a void call`,
      call(id, methods.isLocked, "m"),
      done,
    ),
  ),
  inBody("a void call says nothing of what is wrong", call(undefined, "/nope"), done),
  inBody("errors have the id, too", call("x", "/nope"), { status: 404, body: failed("x", -32809) }),
  inBody(
    "params that are no array are one argument",
    `{"jsonrpc":"2.0","id":1,"method":"${methods.isLocked}","params":"m"}`,
    {
      status: 200,
      body: ok(1, false),
    },
  ),
  inBody("a method that needs a connection needs it here", call(1, methods.lock, "m"), {
    status: 400,
    body: failed(1, -32810),
  }),
  inBody("a request for no method is one for an unknown one", '{"jsonrpc":"2.0","id":1}', unknown),
  {
    see: "3",
    rule: "the path does not matter then",
    ask: { target: api(methods.lock), body: call(1, methods.isLocked, "m") },
    expect: { status: 200, body: ok(1, false) },
  },
  {
    see: "3",
    rule: "a batch is a list of arguments",
    ask: { target: api(methods.isLocked), body: `[${call(1, methods.isLocked, "m")}]` },
    expect: refused(400, -32808, "/0 must be string"),
  },
];

const voidCases: readonly HttpCase[] = [
  ...["/schema", "/subscribe", "/abort", "/healthcheck", "/nope"].flatMap((method): HttpCase[] => [
    {
      see: "3",
      rule: `a void call of ${method} is answered like any other`,
      ask: { target: api(method), body: "[]", headers: voidHeader },
      expect: done,
    },
    inBody(`also when it says so by having no id: ${method}`, call(undefined, method), done),
  ]),
  look("a void call is answered without data", '["m"]', done, { headers: voidHeader }),
  look("a void call is one in any case", '["m"]', done, { headers: { "x-api-void-call": "TRUE" } }),
  look("a void call with wrong arguments is none the wiser", "[]", done, { headers: voidHeader }),
  look("any other value of the header makes no void call", '["m"]', free, {
    headers: { "x-api-void-call": "false" },
  }),
  {
    see: "3",
    rule: "a void lock locks nothing, and does not say so",
    ask: { target: api(methods.lock), body: '["m"]', headers: voidHeader },
    expect: done,
  },
  look("a void call that cannot be decoded is refused all the same", "nope", undecodable, {
    headers: voidHeader,
  }),
];

export const httpCases: readonly HttpCase[] = [
  ...bodyCases,
  ...typeCases,
  ...verbCases,
  ...pathCases,
  ...methodCases,
  ...orderCases,
  ...rpcCases,
  ...voidCases,
];
