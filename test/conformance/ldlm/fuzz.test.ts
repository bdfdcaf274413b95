import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import { fuzzTest } from "../../../testing/fuzz/fuzz-test.ts";
import { ldlmFuzz } from "../../../testing/fuzz/ldlm.ts";
import { ldlmGrpcFuzz } from "../../../testing/fuzz/ldlm-grpc.ts";
import { createWorld, type World } from "./world.ts";

const statuses = new Set([200, 201, 400, 401, 403, 404, 409, 415, 500, 501]);
const prototypeKeys = Object.getOwnPropertyNames(Object.prototype);

/** What parsers of JSON and protocol buffers are known to stumble over. */
const pieces = [
  ...['{"name":', "[[[[", "]", "}", ",", ":", '"', "\\", "\\u", "\\ud800", "\u0000", "\ufeff", "é"],
  ...["null", "true", "-", "1e999", "-0", "2147483648", "0.1", '"__proto__":', '"constructor":'],
  ...['"prototype":{', '"name":"a",', '"lockTimeoutSeconds":1,', "9".repeat(400), " ".repeat(200)],
];

fuzzTest("a damaged body of LDLM REST is answered and pollutes nothing", ldlmFuzz);

fuzzTest("a damaged call of LDLM gRPC ends once and pollutes nothing", ldlmGrpcFuzz);

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
    isEncrypted: fc.boolean(),
    remoteAddress: fc.constant("192.0.2.1"),
  });
  fc.assert(
    fc.property(request, (any) => assertSane(world.send(any))),
    { numRuns: 10_000 },
  );
});

function worldWithSession(): { readonly world: World; readonly cookie: string } {
  const world = createWorld({});
  const request = {
    method: "POST",
    path: "/session",
    query: "",
    headers: {},
    body: Buffer.of(),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
  const { session_id: secret } = JSON.parse(world.send(request).body);
  return { world, cookie: `ldlm-session=${secret}` };
}

function assertSane({ status, body }: HttpResponse): void {
  assert.ok(statuses.has(status), `status ${status}`);
  assert.equal(typeof JSON.parse(body), "object");
  assert.deepEqual(Object.getOwnPropertyNames(Object.prototype), prototypeKeys);
}
