import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Path } from "../core/command.ts";
import { claimsShown, pathShown, safeJson, spanShown, tableOf, textShown } from "./printable.ts";

const paths: readonly (readonly [Path, string])[] = [
  [["orders"], "orders"],
  [["ключ/ü-1"], "ключ/ü-1"],
  [["orders", "17"], '["orders","17"]'],
  [[], "[]"],
  [[""], '[""]'],
  [["-"], '["-"]'],
  [["my lock"], '["my lock"]'],
  [['["orders","17"]'], '["[\\"orders\\",\\"17\\"]"]'],
  [['"a"'], '["\\"a\\""]'],
  [["a, b (shared)"], '["a, b (shared)"]'],
  [["a\nb"], '["a\\nb"]'],
  [["\u001b[2Ja"], '["\\u001b[2Ja"]'],
  [["a\u009b31m"], '["a\\u009b31m"]'],
  [["a\u202eb"], '["a\\u202eb"]'],
  [["a\u200bb"], '["a\\u200bb"]'],
  [["a\u00a0b"], '["a\\u00a0b"]'],
  [["\u3164"], '["\\u3164"]'],
  [["a\u2028b"], '["a\\u2028b"]'],
  [["a\u{e0041}"], '["a\\udb40\\udc41"]'],
  [["\u0301a"], '["\u0301a"]'],
];

describe("a path", () => {
  for (const [path, shown] of paths) {
    test(`${JSON.stringify(path)} is shown so that it can be mistaken for no other`, () => {
      assert.equal(pathShown(path), shown);
      if (shown.startsWith("[")) assert.deepEqual(JSON.parse(shown), path);
    });
  }

  test("is never shown as another one is", () => {
    const shown = paths.map(([path]) => pathShown(path));
    assert.equal(new Set(shown).size, shown.length);
  });
});

test("a text with anything unseen in it is a JSON string", () => {
  assert.equal(textShown("n1-4f-1"), "n1-4f-1");
  assert.equal(textShown("\u0007"), '"\\u0007"');
  assert.equal(textShown(""), '""');
});

test("JSON means the same, and nothing in it moves the cursor", () => {
  const value = { name: "a\u001b[2J\u0085\u202e \u2029", others: ["\ufeff"] };
  const shown = safeJson(value);
  assert.match(shown, /^[ -~]+$/);
  assert.deepEqual(JSON.parse(shown), value);
});

test("claims say their modes", () => {
  assert.equal(claimsShown([]), "-");
  assert.equal(
    claimsShown([
      { mode: "exclusive", path: ["a"] },
      { mode: "shared", path: ["b", "c"] },
      { mode: "slot", path: ["d"], size: 1 },
      { mode: "slot", path: ["e"], size: 3 },
    ]),
    'a, ["b","c"] (shared), d, e (one of 3)',
  );
});

test("a time that is left is rounded up to seconds", () => {
  const shown = [-5, 0, 1, 59_000, 60_001, 3_600_000, 90_061_000].map(spanShown);
  assert.deepEqual(shown, ["0s", "0s", "1s", "59s", "1m1s", "1h0m0s", "25h1m1s"]);
});

test("a table has its columns below each other", () => {
  const rows = [
    ["NAME", "STATE"],
    ["a", "holds"],
    ["longer", "-"],
  ];
  assert.equal(tableOf(rows), "NAME    STATE\na       holds\nlonger  -\n");
});
