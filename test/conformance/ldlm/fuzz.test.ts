import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import { createWorld, type World } from "./world.ts";

const statuses = new Set([200, 201, 400, 401, 403, 404, 409, 415, 500, 501]);
const prototypeKeys = Object.getOwnPropertyNames(Object.prototype);

const bodies = {
  "/v1/lock": '{"name":"My lock","size":2,"lockTimeoutSeconds":"1e1","x":[{"y":null}]}',
  "/v1/unlock": '{"name":"My lock","key":"15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5","size":true}',
  "/v1/renew": '{"lock_timeout_seconds":120.0,"key":"15b74bf6\\u002d","name":"\\ud83d\\udd11"}',
};

/** What parsers of JSON and protocol buffers are known to stumble over. */
const pieces = [
  ...['{"name":', "[[[[", "]", "}", ",", ":", '"', "\\", "\\u", "\\ud800", "\u0000", "\ufeff", "é"],
  ...["null", "true", "-", "1e999", "-0", "2147483648", "0.1", '"__proto__":', '"constructor":'],
  ...['"prototype":{', '"name":"a",', '"lockTimeoutSeconds":1,', "9".repeat(400), " ".repeat(200)],
];

interface Mutation {
  readonly at: number;
  readonly removed: number;
  readonly inserted: Uint8Array;
}

const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(100),
    removed: fc.nat(6),
    inserted: fc.oneof(
      fc.constantFrom(...pieces).map((piece) => new TextEncoder().encode(piece)),
      fc.uint8Array({ maxLength: 3 }),
    ),
  }),
  { maxLength: 5 },
);

function mutate(body: string, changes: readonly Mutation[]): Uint8Array {
  let bytes = Buffer.from(body);
  for (const { at, removed, inserted } of changes) {
    const start = at % (bytes.length + 1);
    bytes = Buffer.concat([bytes.subarray(0, start), inserted, bytes.subarray(start + removed)]);
  }
  return bytes;
}

for (const [path, body] of Object.entries(bodies)) {
  test(`however a body of ${path} is mutated, it is answered and pollutes nothing`, () => {
    const { world, cookie } = worldWithSession();
    const seen = new Set<number>();
    const check = fc.property(mutations, (changes) => {
      const headers = { host: "localhost", cookie };
      const request = { method: "POST", path, query: "", headers, body: mutate(body, changes) };
      const response = world.send(request);
      assertSane(response);
      assert.ok(response.headers["Set-Cookie"]?.startsWith(cookie));
      seen.add(response.status);
    });
    fc.assert(check, { numRuns: 10_000 });
    assert.deepEqual([...seen].sort(), [200, 400]);
  });
}

test("whatever the head of a request, it is answered and pollutes nothing", () => {
  const { world, cookie } = worldWithSession();
  const word = fc.oneof(fc.string(), fc.constantFrom(...pieces));
  const header = (...likely: readonly string[]) =>
    fc.option(fc.oneof(word, fc.constantFrom(...likely)), { nil: undefined });
  const request: fc.Arbitrary<HttpRequest> = fc.record({
    method: fc.oneof(word, fc.constantFrom("POST", "DELETE", "GET")),
    path: fc.oneof(word, fc.constantFrom("/session", "/v1/lock", "/v1/unlock", "/v1/renew")),
    query: word,
    headers: fc.record({
      host: header("localhost"),
      origin: header("http://localhost", "null"),
      cookie: header(cookie, "ldlm-session=", "ldlm-session"),
      authorization: header("Basic OnB3", "Basic "),
      "content-type": header("application/json", "text/plain"),
    }),
    body: fc.constantFrom("", "{}", '{"name":"A"}', "nope").map((text) => Buffer.from(text)),
  });
  fc.assert(
    fc.property(request, (any) => assertSane(world.send(any))),
    { numRuns: 10_000 },
  );
});

function worldWithSession(): { readonly world: World; readonly cookie: string } {
  const world = createWorld({});
  const request = { method: "POST", path: "/session", query: "", headers: {}, body: Buffer.of() };
  const { session_id: secret } = JSON.parse(world.send(request).body);
  return { world, cookie: `ldlm-session=${secret}` };
}

function assertSane({ status, body }: HttpResponse): void {
  assert.ok(statuses.has(status), `status ${status}`);
  assert.equal(typeof JSON.parse(body), "object");
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), prototypeKeys);
}
