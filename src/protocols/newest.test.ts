import assert from "node:assert/strict";
import { test } from "node:test";
import { setNewest } from "./newest.ts";

test("beyond the size the entry that was set first is forgotten", () => {
  const map = new Map<string, number>();
  for (const [place, key] of ["a", "b", "c"].entries()) setNewest(map, key, place, 2);
  assert.deepEqual(
    [...map],
    [
      ["b", 1],
      ["c", 2],
    ],
  );
});

test("an entry that is set again is the newest, and forgets no other", () => {
  const map = new Map([
    ["a", 0],
    ["b", 1],
  ]);
  setNewest(map, "a", 2, 2);
  assert.deepEqual(
    [...map],
    [
      ["b", 1],
      ["a", 2],
    ],
  );
});
