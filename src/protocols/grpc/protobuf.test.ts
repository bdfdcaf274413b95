import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import protobuf from "protobufjs";
import { decode } from "./decode.ts";
import { encode } from "./encode.ts";
import {
  bool,
  bytes,
  enumeration,
  int32,
  message,
  messageType,
  oneOf,
  optional,
  repeated,
  string,
} from "./protobuf.ts";

const colour = { name: "Colour", numbers: { red: 0, green: 1, blue: 200 } } as const;
const leaf = messageType("Leaf", { name: string(1), weight: optional(int32(2)) });
const tree = messageType("Tree", {
  name: string(1),
  size: int32(2),
  is_green: bool(3),
  colour: enumeration<"red" | "green" | "blue">(4, colour),
  data: bytes(5),
  age: optional(int32(100)),
  nickname: optional(string(2000)),
  leaf: message(7, leaf),
  leaves: repeated(message(8, leaf)),
  names: repeated(string(9)),
  left: oneOf("side", string(10)),
  right: oneOf("side", int32(11)),
});

/** The same message in an established library. */
const { root } = protobuf.parse(
  `syntax = "proto3";
  enum Colour { red = 0; green = 1; blue = 200; }
  message Leaf { string name = 1; optional int32 weight = 2; }
  message Tree {
    string name = 1; int32 size = 2; bool is_green = 3; Colour colour = 4; bytes data = 5;
    optional int32 age = 100; optional string nickname = 2000; Leaf leaf = 7; repeated Leaf leaves = 8;
    repeated string names = 9; oneof side { string left = 10; int32 right = 11; }
  }`,
  { keepCase: true },
);
const reference = root.lookupType("Tree");

const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const text = fc.string({ unit: "grapheme" });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const leaves = fc.record({ name: text, weight: maybe(int) }, { noNullPrototype: true });
const trees = fc.record(
  {
    name: text,
    size: int,
    is_green: fc.boolean(),
    colour: fc.constantFrom("red", "green", "blue"),
    data: fc.uint8Array({ maxLength: 300 }),
    age: maybe(int),
    nickname: maybe(text),
    leaf: maybe(leaves),
    leaves: fc.array(leaves, { maxLength: 3 }),
    names: fc.array(text, { maxLength: 3 }),
    left: maybe(text),
    right: fc.constant(undefined),
  },
  { noNullPrototype: true },
);

test("what is written is read as it was", () => {
  fc.assert(
    fc.property(trees, (value) => {
      assert.deepEqual(plain(decode(tree, encode(tree, value))), plain(value));
    }),
  );
});

test("another library reads what is written, and its writing is read", () => {
  fc.assert(
    fc.property(trees, (value) => {
      const theirs = reference.encode(reference.fromObject(value)).finish();
      assert.deepEqual(plain(decode(tree, theirs)), plain(value));
      assert.deepEqual(readByOthers(encode(tree, value)), readByOthers(theirs));
    }),
  );
});

function readByOthers(written: Uint8Array): object {
  return reference.toObject(reference.decode(written), { defaults: true, bytes: String });
}

test("any bytes are read, or refused with an error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      try {
        decode(tree, noise);
      } catch (error) {
        assert.equal((error as Error).name, "ProtobufError");
      }
    }),
    { numRuns: 2000 },
  );
});

const readings: readonly (readonly [why: string, bytes: number[], fields: object])[] = [
  ["no bytes are an empty message", [], {}],
  ["of a field that comes twice the last counts", [0x10, 1, 0x10, 2], { size: 2 }],
  ["a negative number has ten bytes", [0x10, ...Array(9).fill(0xff), 1], { size: -1 }],
  ["bits beyond 32 are dropped", [0x10, 0x81, 0x80, 0x80, 0x80, 0x70], { size: 1 }],
  ["an unknown number is passed over", [0xf8, 0x3f, 5, 0x10, 1], { size: 1 }],
  ["an unknown text is passed over", [0xfa, 0x3f, 1, 65, 0x10, 1], { size: 1 }],
  ["unknown fixed ones are passed over", [0x79, ...Array(8).fill(9), 0x7d, 1, 2, 3, 4], {}],
  ["an unknown group is passed over", [0x4b, 0x08, 1, 0x10, 3, 0x4c, 0x10, 1], { size: 1 }],
  ["so are groups in groups", [0x4b, 0x53, 0x0a, 1, 65, 0x54, 0x4c, 0x10, 1], { size: 1 }],
  ["so is a group with a known number", [0x13, 0x08, 1, 0x14, 0x10, 1], { size: 1 }],
  ["the largest number of a field", [0xf8, 0xff, 0xff, 0xff, 0x0f, 1, 0x10, 1], { size: 1 }],
  ["a field with another wire type is unknown", [0x12, 1, 65, 0x08, 7], {}],
  ["an unknown enum value keeps its number", [0x20, 9], { colour: "9" }],
  ["a byte order mark belongs to the text", [0x0a, 3, 0xef, 0xbb, 0xbf], { name: "\ufeff" }],
];

for (const [why, given, fields] of readings) {
  test(why, () => {
    const empty = decode(tree, new Uint8Array());
    assert.deepEqual(decode(tree, Uint8Array.from(given)), { ...empty, ...fields });
  });
}

const malformed: readonly (readonly [bytes: number[], message: string])[] = [
  [[0x0a], "the message ends too early"],
  [[0x0a, 5, 65], "the message ends too early"],
  [[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 65], "the message ends too early"],
  [[0x10], "the message ends too early"],
  [[0x7d, 1, 2], "the message ends too early"],
  [[0x10, ...Array(10).fill(0x80), 1], "a number has no end"],
  [[0x18, ...Array(10).fill(0x80), 1], "a number has no end"],
  [[0x00, 1], "a field has the number 0"],
  [[0x0a, 0x83, 0x80, 0x80, 0x80, 0x10, 97, 98, 99], "the message ends too early"],
  [[0x0a, ...Array(9).fill(0xff), 1], "the message ends too early"],
  [[0x8a, 0x80, 0x80, 0x80, 0x10, 2, 122, 122], "a field has a number that is too large"],
  [[0x10, ...Array(9).fill(0xff), 2], "a number has more than 64 bits"],
  [[0x7b], "the message ends too early"],
  [[0x4b, 0x54], "a group ends that has not begun"],
  [[0x4b, 0x00], "a field has the number 0"],
  [Array(101).fill(0x4b), "groups are nested too deeply"],
  [[0x7c], "a field has the wire type 4"],
  [[0x7e], "a field has the wire type 6"],
  [[0x0a, 2, 0xc3, 0x28], "a string is not UTF-8"],
  [[0x3a, 4, 0x0a, 2, 0xc3, 0x28], "a string is not UTF-8"],
];

for (const [given, error] of malformed) {
  test(`[${given}] is refused: ${error}`, () => {
    assert.throws(() => decode(tree, Uint8Array.from(given)), {
      name: "ProtobufError",
      message: error,
    });
  });
}

/** Byte arrays of whatever class as lists of numbers. */
function plain<Value extends { readonly data: Uint8Array }>(value: Value) {
  return { ...value, data: [...value.data] };
}
