import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  createJsonStream,
  feedJson,
  isWithinJson,
  type JsonPiece,
  nextJson,
} from "./json-stream.ts";

const limits = { bytesMax: 64, depthMax: 4, containersMax: 8, membersMax: 5 };
const unlimited = { bytesMax: 1e9, depthMax: 1e9, containersMax: 1e9, membersMax: 1e9 };

/** The values as text, and the faults in angle brackets, of what arrives in these pieces. */
function readIn(
  pieces: readonly (string | Uint8Array)[],
  streamLimits = limits,
): readonly string[] {
  const stream = createJsonStream(streamLimits);
  const read: string[] = [];
  for (const piece of pieces) {
    feedJson(stream, Buffer.from(piece));
    for (let next = nextJson(stream); next !== undefined; next = nextJson(stream)) {
      read.push(wordOf(next));
    }
  }
  return read;
}

function wordOf(piece: JsonPiece): string {
  return piece.type === "value" ? piece.text : `<${piece.fault}>`;
}

function bytesOf(text: string): readonly Uint8Array[] {
  return Array.from(Buffer.from(text), (byte) => Uint8Array.of(byte));
}

const streams = [
  {
    what: "values that touch each other",
    text: '{"a":1}[2]"x"{}',
    values: ['{"a":1}', "[2]", '"x"', "{}"],
  },
  { what: "white space of all kinds between them", text: " \t\r\n{} \n [] ", values: ["{}", "[]"] },
  {
    what: "white space wherever it may stand",
    text: '{ "a" : [ 1 , true ] , "b" : { } } ',
    values: ['{ "a" : [ 1 , true ] , "b" : { } }'],
  },
  {
    what: "many members of the objects within objects",
    text: '{"a":[{"b":1,"c":2,"d":3}],"e":{"f":{"g":4,"h":5}}}',
    values: ['{"a":[{"b":1,"c":2,"d":3}],"e":{"f":{"g":4,"h":5}}}'],
  },
  { what: "a number that ends with white space", text: "-1.5e+3\n", values: ["-1.5e+3"] },
  { what: "a number that ends with the next value", text: "10[2]", values: ["10", "[2]"] },
  {
    what: "literals that touch each other",
    text: "truefalsenull",
    values: ["true", "false", "null"],
  },
  {
    what: "brackets and escaped quotes in strings",
    text: '["{[\\"]}"]{}',
    values: ['["{[\\"]}"]', "{}"],
  },
  {
    what: "every escape",
    text: '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00eF"',
    values: ['"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00eF"'],
  },
  { what: "characters of several bytes", text: '"é€😀"', values: ['"é€😀"'] },
  { what: "the largest value", text: `"${"x".repeat(62)}"`, values: [`"${"x".repeat(62)}"`] },
  { what: "the deepest value", text: "[[[[]]]]", values: ["[[[[]]]]"] },
  {
    what: "the value with the most containers",
    text: "[[],[],[],[],[],[],[]]",
    values: ["[[],[],[],[],[],[],[]]"],
  },
];

for (const { what, text, values } of streams) {
  test(`a stream reads ${what}, whole and byte by byte`, () => {
    assert.deepEqual(readIn([text]), values);
    assert.deepEqual(readIn(bytesOf(text)), values);
  });
}

const faults = [
  { what: "a word", pieces: ["nonsense"], read: ["<syntax>"] },
  {
    what: "a word, and a value behind it on the same line",
    pieces: ["oops {}"],
    read: ["<syntax>"],
  },
  {
    what: "a word, and a value on the next line",
    pieces: ["oops\r\n{}"],
    read: ["<syntax>", "{}"],
  },
  {
    what: "a value that the next one interrupts",
    pieces: ['{"a":\n{"b":,\n{}'],
    read: ["<syntax>", "{}"],
  },
  {
    what: "a value that arrives behind half of one",
    pieces: ['{"a":oops', "{}"],
    read: ["<syntax>", "{}"],
  },
  {
    what: "half of a value, and more of it",
    pieces: ['{"a":oops', "}", " ,1]", "\n{}"],
    read: ["<syntax>", "{}"],
  },
  { what: "an object within a broken one", pieces: ['{"a":oops,"b":{"c":1}}'], read: ["<syntax>"] },
  { what: "a bracket too many", pieces: ["{}]", "{}"], read: ["{}", "<syntax>", "{}"] },
  { what: "the wrong bracket", pieces: ['{"a":[1}'], read: ["<syntax>"] },
  { what: "a comma before a bracket", pieces: ["[1,]"], read: ["<syntax>"] },
  {
    what: "a header of the Language Server Protocol",
    pieces: ["Content-Length: 2\r\n\r\n{}"],
    read: ["<syntax>", "{}"],
  },
  {
    what: "the same, byte by byte",
    pieces: bytesOf("Content-Length: 2\r\n\r\n{}"),
    read: ["<syntax>", "{}"],
  },
  { what: "a netstring", pieces: ["2:{},", "{}"], read: ["<syntax>", "{}"] },
  { what: "a byte order mark", pieces: ["\uFEFF{}", "{}"], read: ["<syntax>", "{}"] },
  { what: "a string over two lines", pieces: ['"a\nb"', "{}"], read: ["<syntax>", "{}"] },
  {
    what: "bytes that are not UTF-8",
    pieces: [Buffer.from('"\xff"{}', "latin1")],
    read: ["<syntax>", "{}"],
  },
  {
    what: "a value that is too deep",
    pieces: ["[[[[[", "]]]]]", "{}"],
    read: ["<too_deep>", "{}"],
  },
  {
    what: "too many containers",
    pieces: ["[[],[],[],[],[],[],[],[]]"],
    read: ["<too_many_containers>"],
  },
  {
    what: "too many members",
    pieces: ['{"a":{"b":1,"c":2,"d":3},"e":4,"f":5}'],
    read: ["<too_many_members>"],
  },
  { what: "a value that is too large", pieces: [`"${"x".repeat(63)}"`], read: ["<too_large>"] },
  {
    what: "the same, before it is whole",
    pieces: [`"${"x".repeat(40)}`, "x".repeat(40)],
    read: ["<too_large>"],
  },
];

for (const { what, pieces, read } of faults) {
  test(`a stream finds ${what}`, () => {
    assert.deepEqual(readIn(pieces), read);
  });
}

test("a stream knows whether it is within a value", () => {
  const stream = createJsonStream(limits);
  const isWithinBehind = (text: string) => {
    feedJson(stream, Buffer.from(text));
    nextJson(stream);
    return isWithinJson(stream);
  };
  assert.deepEqual(["{", "}", " ", "7", "\n", "]", "\n"].map(isWithinBehind), [
    true,
    false,
    false,
    true,
    false,
    false,
    false,
  ]);
});

const space = fc.stringMatching(/^[ \t\r\n]{1,3}$/);

test("a stream of any values, cut anywhere, gives the same values", () => {
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.json(), space)), cuts, (given, places) => {
      const texts = given.map(([text]) => text);
      const bytes = Buffer.from(given.flat().join(""));
      const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort(
        (a, b) => a - b,
      );
      const pieces = [0, ...at].map((from, nth) => bytes.subarray(from, at[nth] ?? bytes.length));
      assert.deepEqual(
        readIn(pieces, unlimited),
        texts.map((text) => text.trim()),
      );
    }),
  );
});

test("a stream takes exactly what JSON.parse takes", () => {
  const nearlyJson = fc.array(
    fc.oneof(
      fc.constantFrom(
        ...'{}[],:"\\0-1.eE+ u9af/nt',
        "true",
        "null",
        '"a":',
        "\\u00e9",
        "\t",
        "\n",
        "é",
      ),
      fc.json(),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(nearlyJson, (parts) => {
      const text = parts.join("");
      const read = readIn([`${text}\n[]\n`], unlimited);
      const isOne = read.length === 2 && read[0] === text.trim() && read[1] === "[]";
      assert.equal(isOne, isJson(text), text);
    }),
    { numRuns: 2000 },
  );
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("the cost of a stream is linear, however small the pieces are", () => {
  const text = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  assert.equal(readIn(bytesOf(text), unlimited).length, 1);
  const broken = "{".repeat(200_000);
  assert.deepEqual(readIn([broken]), ["<syntax>"]);
});
