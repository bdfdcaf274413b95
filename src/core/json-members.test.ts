import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import type { JsonText } from "./ids.ts";
import { elementsOf, membersOf, onOneLine, stringIn } from "./json-members.ts";

test("what numbers and keys look like stays as it came", () => {
  const text = json(
    '{ "id" : 9223372036854775808 ,"a\\u0062":[1.0, {"x":1e300}],\n"__proto__":-0}',
  );
  assert.deepEqual(
    membersOf(text),
    new Map([
      ["id", "9223372036854775808"],
      ["ab", '[1.0, {"x":1e300}]'],
      ["__proto__", "-0"],
    ]),
  );
  assert.deepEqual(elementsOf(json('[ 1.0 , "a,]" ,[2,[]] ]')), ["1.0", '"a,]"', "[2,[]]"]);
});

test("of several members with one name the last counts", () => {
  assert.deepEqual(membersOf(json('{"a":1,"a":2}')), new Map([["a", "2"]]));
});

test("values of another kind have no parts", () => {
  for (const text of ["1", "null", '"{}"', "[]"]) assert.equal(membersOf(json(text)), undefined);
  for (const text of ["1", "null", '"[]"', "{}"]) assert.equal(elementsOf(json(text)), undefined);
  for (const text of ["1", "null", "{}", "[]"]) assert.equal(stringIn(json(text)), undefined);
});

const formatted = fc.tuple(fc.jsonValue(), fc.constantFrom(undefined, 1, "\t"));

test("the parts of any value are those that JSON.parse finds", () => {
  fc.assert(
    fc.property(formatted, ([value, indent]) => {
      const text = json(JSON.stringify(value, undefined, indent));
      const parsed: unknown = JSON.parse(text);
      const members = membersOf(text);
      const elements = elementsOf(text);
      if (members !== undefined) {
        const entries = Array.from(members, ([name, part]) => [name, JSON.parse(part)]);
        assert.deepEqual(Object.fromEntries(entries), parsed);
      } else if (elements !== undefined) {
        assert.deepEqual(
          elements.map((part) => JSON.parse(part)),
          parsed,
        );
      } else {
        assert.equal(stringIn(text), typeof parsed === "string" ? parsed : undefined);
      }
      assert.deepEqual(JSON.parse(onOneLine(text)), parsed);
      assert.doesNotMatch(onOneLine(text), /[\r\n]/);
    }),
  );
});

test("a small part of a large text does not keep the rest in memory", () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const partsOf = (at: number) => {
    // Made of bytes, as it arrives.
    const text = json(
      Buffer.from(
        `{"name ${at} that is kept":["value ${at} that is kept","${"x".repeat(1e6)}"]}`,
      ).toString(),
    );
    const [[name, values] = []] = membersOf(text) ?? [];
    return [name, values && elementsOf(values)?.map(stringIn)[0]];
  };
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 50 }, (_, at) => partsOf(at));
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  assert.deepEqual(kept[7], ["name 7 that is kept", "value 7 that is kept"]);
  assert.ok(bytes < 5e6, `${bytes} bytes`);
});

function json(text: string): JsonText {
  return text as JsonText;
}
