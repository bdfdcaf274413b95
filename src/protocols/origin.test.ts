import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiTokenId } from "../core/ids.ts";
import { originOf, withPrincipal } from "./origin.ts";

const address = "192.0.2.7";

const cases = [
  { headers: {}, origin: { address } },
  { headers: { "user-agent": "curl/8" }, origin: { address, name: "curl/8" } },
  {
    headers: { "user-agent": "curl/8", "x-holdfast-client": "invoices" },
    origin: { address, name: "invoices" },
  },
  {
    headers: { "x-holdfast-client": "x".repeat(1000) },
    origin: { address, name: "x".repeat(256) },
  },
];

for (const { headers, origin } of cases) {
  test(`headers ${JSON.stringify(headers).slice(0, 60)} give the name of the client`, () => {
    assert.deepEqual(originOf({ remoteAddress: address, headers }), origin);
  });
}

test("a proven principal is kept, and what is unknown is left out", () => {
  assert.deepEqual(originOf({ remoteAddress: undefined, headers: {} }), {});
  const origin = originOf({ remoteAddress: address, headers: {} });
  const bearer = { type: "api_token", id: "t1" as ApiTokenId, name: "ci" } as const;
  assert.deepEqual(withPrincipal(origin, bearer), { address, principal: "ci" });
  assert.deepEqual(withPrincipal(origin, { type: "nobody" }), { address });
});
