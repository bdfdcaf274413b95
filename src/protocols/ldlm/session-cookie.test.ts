import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionCookie, sessionOfSecret, sessionSecret } from "./session-cookie.ts";

const headers: readonly (readonly [cookies: string | undefined, secret: string | undefined])[] = [
  [undefined, undefined],
  ["", undefined],
  ["ldlm-session", undefined],
  ["ldlm-session=", ""],
  ["ldlm-session=a1", "a1"],
  ["theme=dark; ldlm-session=a1; lang=en", "a1"],
  ["theme=dark;ldlm-session=a1", "a1"],
  ["ldlm-session=a1; ldlm-session=b2", "a1"],
  ["ldlm-session=a=1", "a=1"],
  ['ldlm-session="a1"', "a1"],
  ['$Version=1; ldlm-session="a1"; $Path="/"', "a1"],
  ['ldlm-session="', '"'],
  ["LDLM-session=a1", undefined],
  ["not-ldlm-session=a1", undefined],
];

for (const [cookies, secret] of headers) {
  test(`the session secret of the cookies ${cookies} is ${secret}`, () => {
    assert.equal(sessionSecret(cookies), secret);
  });
}

test("the session id is made of the first 128 bits of the secret's SHA-256", () => {
  const id = sessionOfSecret("0123456789abcdef0123456789abcdef");
  assert.equal(id, "ldlm-3eb1bd439947eb762998e566ccc2e099");
});

test("the cookie ends in time by any clock, is kept from scripts, and under TLS from clear text", () => {
  const life = { now: Date.UTC(2026, 0, 2, 3, 4, 5), maxAgeMs: 1_500 };
  const clear =
    "ldlm-session=a1; Path=/; Expires=Fri, 02 Jan 2026 03:04:06 GMT; Max-Age=2; HttpOnly; SameSite=Strict";
  assert.equal(sessionCookie("a1", { ...life, isEncrypted: false }), clear);
  assert.equal(sessionCookie("a1", { ...life, isEncrypted: true }), `${clear}; Secure`);
});
