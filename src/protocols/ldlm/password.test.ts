import assert from "node:assert/strict";
import { test } from "node:test";
import { bareCredentials, basicCredentials } from "./password.ts";

const basic = (credentials: string): string =>
  `Basic ${Buffer.from(credentials).toString("base64")}`;

/** The password, or `undefined` when there is none. */
const attempts: readonly (readonly [authorization: string | undefined, password?: string])[] = [
  [basic(":geheim:näß"), "geheim:näß"],
  [basic("anyone:geheim:näß"), "geheim:näß"],
  [basic("geheim:näß"), "näß"],
  [basic(":geheim:näß "), "geheim:näß "],
  [basic(":"), ""],
  [basic("geheim")],
  [basic("")],
  [basic(":geheim:näß").replace("Basic", "basic")],
  [basic(":geheim:näß").replace("Basic", "Bearer")],
  ["Basic :geheim:näß"],
  ["Basic"],
  [""],
  [undefined],
];

for (const [authorization, password] of attempts) {
  test(`authorization ${authorization} holds ${password ?? "no password"}`, () => {
    const credentials = basicCredentials(authorization);
    const given = credentials.type === "password" ? String(credentials.password) : undefined;
    assert.equal(given, password);
  });
}

test("over gRPC the whole field is the password, byte by byte", () => {
  assert.deepEqual(bareCredentials(undefined), { type: "none" });
  const password = Buffer.from("näß", "latin1");
  assert.deepEqual(bareCredentials("näß"), { type: "password", password });
});
