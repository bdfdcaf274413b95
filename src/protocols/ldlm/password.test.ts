import assert from "node:assert/strict";
import { test } from "node:test";
import { passwordCheck } from "./password.ts";

const basic = (credentials: string): string =>
  `Basic ${Buffer.from(credentials).toString("base64")}`;

const attempts: readonly (readonly [authorization: string | undefined, isRight: boolean])[] = [
  [basic(":geheim:näß"), true],
  [basic("anyone:geheim:näß"), true],
  [basic("geheim:näß"), false],
  [basic(":geheim"), false],
  [basic(":geheim:näß "), false],
  [basic(":GEHEIM:NÄß"), false],
  [basic("geheim"), false],
  [basic(""), false],
  [basic(":geheim:näß").replace("Basic", "basic"), false],
  [basic(":geheim:näß").replace("Basic", "Bearer"), false],
  ["Basic :geheim:näß", false],
  ["Basic", false],
  ["", false],
  [undefined, false],
];

for (const [authorization, isRight] of attempts) {
  test(`authorization ${authorization} is ${isRight ? "right" : "wrong"} for geheim:näß`, () => {
    assert.equal(passwordCheck("geheim:näß")(authorization), isRight);
    assert.equal(passwordCheck(undefined)(authorization), true);
  });
}
