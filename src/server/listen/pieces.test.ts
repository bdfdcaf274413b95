import assert from "node:assert/strict";
import { test } from "node:test";
import { createRandom } from "../../../testing/history/random.ts";
import { addPiece, createPieces, joinPieces } from "./pieces.ts";

test("pieces of all sizes are joined as they came", () => {
  const random = createRandom(1);
  for (let trial = 0; trial < 100; trial += 1) {
    const given = Array.from({ length: random.below(12) }, () => {
      const memory = Buffer.alloc(random.pick([1, 100, 5_000, 70_000]), random.below(256));
      return memory.subarray(random.below(memory.length));
    });
    const pieces = createPieces();
    for (const piece of given) addPiece(pieces, piece);
    assert.deepEqual(joinPieces(pieces), Buffer.concat(given));
  }
});

test("a piece of large memory is copied unless it is a good part of it", () => {
  const slab = Buffer.alloc(65_536);
  const pieces = createPieces();
  addPiece(pieces, slab.subarray(0, 16_384));
  addPiece(pieces, slab.subarray(0, 16_383));
  addPiece(pieces, slab.subarray(0, 1));
  assert.deepEqual(
    pieces.whole.map(({ buffer }) => buffer === slab.buffer),
    [true],
  );
  assert.equal(pieces.copiedBytes, 16_384);
});
