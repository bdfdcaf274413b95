import assert from "node:assert/strict";
import { test } from "node:test";
import { isLongerThan, limitsDefault } from "../limits.ts";
import { claimsFault, essentialClaims } from "./claims.ts";
import type { Claim } from "./commands.ts";

/** `r`, `w` or `2` (a slot of two), then the path with slashes; `w/` is the root. */
function claim(text: string): Claim {
  const [mode = "", ...segments] = text.split("/");
  const path = segments.filter((segment) => segment !== "");
  if (mode === "r") return { mode: "shared", path };
  if (mode === "w") return { mode: "exclusive", path };
  return { mode: "slot", path, size: Number(mode) };
}

const cases: readonly (readonly [string, string])[] = [
  ["w/a", "w/a"],
  ["w/a w/a", "w/a"],
  ["r/a w/a", "w/a"],
  ["w/a/b w/a", "w/a"],
  ["r/a/b/c r/a", "r/a"],
  ["w/a/b r/a", "r/a w/a/b"],
  ["w/ r/a w/b/c", "w/"],
  ["r/ w/a", "r/ w/a"],
  ["w/b w/a", "w/a w/b"],
  ["w/ab w/a/c", "w/a/c w/ab"],
  ["r/a w/a/b r/a/c r/a/b/d", "r/a w/a/b"],
  ["2/a 2/a", "2/a"],
  ["2/a w/a", "w/a 2/a"],
  ["2/a/b w/a", "w/a 2/a/b"],
  ["2/a 3/a/b", "2/a 3/a/b"],
];

for (const [asked, essential] of cases) {
  test(`${asked} comes down to ${essential}`, () => {
    const parse = (text: string) => text.split(" ").map(claim);
    assert.deepEqual(essentialClaims(parse(asked)), parse(essential));
  });
}

test("one path cannot be wanted with two slot sizes", () => {
  assert.equal(essentialClaims([claim("2/a"), claim("3/a")]), undefined);
  assert.equal(essentialClaims([claim("2/a"), claim("w/a"), claim("3/a")]), undefined);
});

const faults: readonly (readonly [string, readonly Claim[], string | undefined])[] = [
  ["nothing", [], undefined],
  ["as many claims as allowed", new Array(1024).fill(claim("r/a")), undefined],
  ["one claim more", new Array(1025).fill(claim("r/a")), "limit_exceeded"],
  ["the deepest path", [{ mode: "shared", path: new Array(64).fill("a") }], undefined],
  ["a deeper path", [{ mode: "shared", path: new Array(65).fill("a") }], "limit_exceeded"],
  ["the longest name", [{ mode: "shared", path: ["ä".repeat(512)] }], undefined],
  ["a longer name", [{ mode: "shared", path: ["ä".repeat(513)] }], "limit_exceeded"],
  ["the largest slot", [{ mode: "slot", path: [], size: 2 ** 31 - 1 }], undefined],
  ["a larger slot", [{ mode: "slot", path: [], size: 2 ** 31 }], "invalid_argument"],
  ["a slot of none", [{ mode: "slot", path: [], size: 0 }], "invalid_argument"],
  ["half a slot", [{ mode: "slot", path: [], size: 0.5 }], "invalid_argument"],
];

for (const [what, claims, code] of faults) {
  test(`${what} is ${code ?? "fine"}`, () => {
    assert.equal(claimsFault(claims, limitsDefault)?.code, code);
  });
}

test("length is counted in bytes of UTF-8", () => {
  assert.equal(isLongerThan("€".repeat(4), 12), false);
  assert.equal(isLongerThan("€".repeat(4), 11), true);
  assert.equal(isLongerThan("😀", 4), false);
  assert.equal(isLongerThan("😀", 3), true);
  assert.equal(isLongerThan("abc", 3), false);
});
