import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  containersMax,
  JsonError,
  namesMax,
  objectKeys,
  parseJson,
  parseWholeJson,
} from "./json.ts";

const depthMax = 64;
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const blank = " ".repeat(3 * depthMax);

const values: readonly (readonly [text: string, value: unknown])[] = [
  ["{}", {}],
  ['{"a":1}', { a: 1 }],
  ['\n\t {"a":"]}\\""} ', { a: ']}"' }],
  ['{"a":1}{"b":2}', { a: 1 }],
  ['{"a":1} trailing " text [[[', { a: 1 }],
  ["[1,[2]]]]", [1, [2]]],
  ['"a\\\\"b"', "a\\"],
  ["null,", null],
  ["true false", true],
  ["-1.5e3[", -1500],
  ['7"x', 7],
];

for (const [text, value] of values) {
  test(`${JSON.stringify(text)} has the first value ${JSON.stringify(value)}, short or long`, () => {
    assert.deepEqual(parseJson(text, depthMax), value);
    assert.deepEqual(parseJson(blank + text, depthMax), value);
    assert.deepEqual(parseJson(text + blank, depthMax), value);
  });
}

const malformed: readonly (readonly [text: string, reason: string])[] = [
  ["", "unexpected EOF"],
  [" \r\n\t", "unexpected EOF"],
  ["{", "unexpected EOF"],
  ['{"a":1', "unexpected EOF"],
  ["[1,", "unexpected EOF"],
  ['"a', "unexpected EOF"],
  ['"a\\', "unexpected EOF"],
  ["tru", "unexpected EOF"],
  ["-", "unexpected EOF"],
  ["]", "invalid character ']' looking for beginning of value"],
  ["nope", "invalid character 'o' looking for beginning of value"],
  ["{nope", "invalid character 'n' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
  ["[1}", "invalid character '}' after array element"],
  ["[😀]", "invalid character '\\ud83d' looking for beginning of value"],
  ['["a\nb"]', "invalid character '\\n' in string literal"],
  ['["\\x"]', "invalid character 'x' in string escape code"],
  ['["\\u00x"]', "invalid character 'x' in \\u hexadecimal character escape"],
  ["[1.]", "invalid character ']' in numeric literal"],
  ["[1e]", "invalid character ']' in numeric literal"],
  ["[-a]", "invalid character 'a' in numeric literal"],
  ["\ufeff{}", "invalid character '\ufeff' looking for beginning of value"],
];

for (const [text, reason] of malformed) {
  test(`${JSON.stringify(text)} is refused with: ${reason}`, () => {
    const error = { name: "JsonError", message: reason };
    assert.throws(() => parseJson(text, depthMax), error);
    assert.throws(() => parseJson(blank + text, depthMax), error);
  });
}

test("nesting up to the maximum is taken and one level more is refused", () => {
  assert.doesNotThrow(() => parseJson(nested(depthMax), depthMax));
  const error = { name: "JsonError", message: "exceeded max depth" };
  assert.throws(() => parseJson(nested(depthMax + 1), depthMax), error);
  assert.throws(() => parseJson("[".repeat(depthMax + 1), depthMax), error);
  assert.throws(() => parseJson(`{"a":`.repeat(1_000_000), depthMax), error);
});

test("objects and arrays up to the maximum are taken and one more is refused", () => {
  const listOf = (length: number) => `[${Array(length).fill("{}").join(",")}]`;
  const error = { name: "JsonError", message: "too many objects and arrays" };
  for (const parse of [parseJson, parseWholeJson]) {
    assert.doesNotThrow(() => parse(listOf(containersMax - 1), depthMax));
    assert.throws(() => parse(listOf(containersMax), depthMax), error);
  }
});

test("brackets inside strings and behind the first value do not count as nesting", () => {
  assert.equal(parseJson(`"${"[".repeat(200)}"`, depthMax), "[".repeat(200));
  assert.deepEqual(parseJson(`{}${"[".repeat(200)}`, depthMax), {});
});

test("different names up to the maximum are taken and one more is refused", () => {
  const names = Array.from({ length: namesMax + 1 }, (_, index) => `"${index}:":0`);
  const error = { name: "JsonError", message: "too many names" };
  for (const parse of [parseJson, parseWholeJson]) {
    const value = parse(`{${names.slice(1).join(",")}}`, depthMax);
    assert.equal(Object.keys(value as object).length, namesMax);
    assert.throws(() => parse(`{${names.join(",")}}`, depthMax), error);
    assert.throws(() => parse(`{"a":{${names.slice(1).join(" , ")}}}`, depthMax), error);
  }
});

test("a million members of few names and a number of 100,000 digits are parsed as they are", () => {
  const members = Array(1_000_000).fill(`"a":0`).join(",");
  assert.deepEqual(parseJson(`{${members}}`, depthMax), { a: 0 });
  assert.equal(parseJson("9".repeat(100_000), depthMax), Number.POSITIVE_INFINITY);
});

test("the names of inherited things are plain data", () => {
  const value = parseJson(`{"__proto__":{"polluted":1},"constructor":2}`, depthMax) as object;
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
  assert.equal((value as { polluted?: number }).polluted, undefined);
});

test("object keys come in order, with repeated ones, unescaped, and only from the top level", () => {
  const text = ` {"a":"x","b":{"c":1,"d":["e",{"f":"g"}]},"\\u0061":[],"__proto__":null} {"h":1}`;
  assert.deepEqual(objectKeys(text), ["a", "b", "a", "__proto__"]);
  assert.deepEqual(objectKeys("{}"), []);
});

test("whatever JSON a value is written as, it is read back, with its keys", () => {
  fc.assert(
    fc.property(fc.json(), fc.string(), (text, tail) => {
      const isScalar = !/^[{["]/.test(text);
      assert.deepEqual(parseJson(isScalar ? text : text + tail, 1_000), JSON.parse(text));
      if (text.startsWith("{")) {
        assert.deepEqual(
          [...new Set(objectKeys(text))].sort(),
          Object.keys(JSON.parse(text)).sort(),
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

test("any text gives a value or a JsonError", () => {
  const piece = fc.constantFrom("{", "}", "[", "]", ":", ",", '"', "\\", "a", "1", "-", " ", "tru");
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (pieces, depth) => {
        try {
          parseJson(pieces.join(""), depth);
        } catch (error) {
          assert.ok(error instanceof JsonError);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});

const wholes: readonly (readonly [text: string, value: unknown])[] = [
  ["{}", {}],
  ['\n\t {"a":"]}\\""} \r\n', { a: ']}"' }],
  ["null", null],
  [" -1.5e3", -1500],
  ['"[[["', "[[["],
  ['{"a":1,"a":2}', { a: 2 }],
  [nested(depthMax), JSON.parse(nested(depthMax))],
];

for (const [text, value] of wholes) {
  test(`${JSON.stringify(text)} as a whole is ${JSON.stringify(value)}, short or long`, () => {
    assert.deepEqual(parseWholeJson(text, depthMax), value);
    assert.deepEqual(parseWholeJson(blank + text + blank, depthMax), value);
  });
}

const notWhole = [
  "",
  " ",
  "{",
  '{"a":1}{"b":2}',
  "[1,[2]]]]",
  "null,",
  "true false",
  "7 x",
  "\ufeff{}",
];

for (const text of notWhole) {
  test(`${JSON.stringify(text)} as a whole is no JSON, short or long`, () => {
    for (const each of [text, blank + text, text + blank]) {
      assert.throws(() => parseWholeJson(each, depthMax), JsonError);
    }
  });
}

test("a whole that is too deep is refused before it is parsed, wherever it is deep", () => {
  const deep = nested(depthMax + 1);
  const texts = [deep, `{"a":${nested(depthMax)}}`, "[".repeat(1_000_000), `${blank}[1,${deep}]`];
  for (const text of texts) {
    assert.throws(() => parseWholeJson(text, depthMax), new JsonError("exceeded max depth"));
  }
});

test("what follows the first value is not looked at for its depth, and is an error all the same", () => {
  const text = `{}${"[".repeat(100_000)}`;
  assert.throws(() => parseWholeJson(text, depthMax), JsonError);
});

test("a whole is what JSON.parse makes of it, or an error where that fails", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json({ maxDepth: 5 }), fc.string({ unit: "grapheme" })), (text) => {
      let expected: unknown;
      try {
        expected = JSON.parse(text);
      } catch {
        assert.throws(() => parseWholeJson(text, depthMax), JsonError);
        return;
      }
      assert.deepEqual(parseWholeJson(text, depthMax), expected);
    }),
  );
});
