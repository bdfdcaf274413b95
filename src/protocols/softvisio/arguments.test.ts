import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { argumentErrors, type Schema } from "./arguments.ts";

const text: Schema = { type: "string" };
const id: Schema = { type: "string", format: "uuid" };
const thing: Schema = {
  type: "object",
  properties: { name: text, id, parts: { type: ["null", "array"] } },
  required: ["name", "id"],
  additionalProperties: false,
};
const open: Schema = { type: "object", properties: { name: text } };
const uuid = "01234567-89ab-cdef-0123-456789abcdef";

interface Row {
  readonly schemas: readonly Schema[];
  readonly given: readonly unknown[];
  readonly errors: readonly string[];
}

const count = "Invalid number of arguments";

const rows: readonly Row[] = [
  { schemas: [], given: [], errors: [] },
  { schemas: [], given: [undefined], errors: [count] },
  { schemas: [text], given: [], errors: [count] },
  { schemas: [text, id], given: [1, 2, 3], errors: [count] },
  { schemas: [text], given: [""], errors: [] },
  { schemas: [text], given: [1], errors: ["/0 must be string"] },
  { schemas: [text, text], given: ["", null], errors: ["/1 must be string"] },
  { schemas: [id], given: [uuid], errors: [] },
  { schemas: [id], given: [`URN:uuid:${uuid.toUpperCase()}`], errors: [] },
  { schemas: [id], given: [`${uuid}\n`], errors: ['/0 must match format "uuid"'] },
  { schemas: [id], given: [1], errors: ["/0 must be string"] },
  { schemas: [thing], given: [[]], errors: ["/0 must be object"] },
  { schemas: [thing], given: [null], errors: ["/0 must be object"] },
  { schemas: [thing], given: [{ name: "", id: uuid, parts: null }], errors: [] },
  { schemas: [thing], given: [{ name: "", id: uuid, parts: [1, {}] }], errors: [] },
  {
    schemas: [text, thing],
    given: [0, { id: "x", parts: "", other: 1 }],
    errors: [
      "/0 must be string",
      "/1 must have required property 'name'",
      '/1/id must match format "uuid"',
      "/1/parts must be null,array",
      "/1 must NOT have additional property 'other'",
    ],
  },
  { schemas: [open], given: [{ other: 1 }], errors: [] },
  { schemas: [open], given: [{ name: 1, other: 1 }], errors: ["/0/name must be string"] },
];

for (const { schemas, given, errors } of rows) {
  test(`${JSON.stringify(given)} has ${errors.length} errors`, () => {
    assert.deepEqual(argumentErrors(schemas, given), errors);
  });
}

describe("members of objects", () => {
  test("are own ones: what is inherited has not been sent, and is not known", () => {
    const given = Object.create({ name: "inherited", id: uuid });
    assert.deepEqual(argumentErrors([thing], [given]), [
      "/0 must have required property 'name'",
      "/0 must have required property 'id'",
    ]);
    const odd = JSON.parse(`{"name":"","id":"${uuid}","__proto__":{},"toString":1}`);
    assert.deepEqual(argumentErrors([thing], [odd]), [
      "/0 must NOT have additional property '__proto__'",
      "/0 must NOT have additional property 'toString'",
    ]);
  });

  test("that are too many, or have names that are too long, make no long answer", () => {
    const long = `${"x".repeat(99)}😀${"y".repeat(1_000_000)}`;
    const names = [long, ...Array.from({ length: 1000 }, (_, at) => `x${at}`)];
    const given = Object.fromEntries(names.map((name) => [name, 1]));
    const errors = argumentErrors([thing], [given]);
    assert.equal(errors.length, 20);
    assert.equal(errors[2], `/0 must NOT have additional property '${"x".repeat(99)}\ufffd…'`);
  });
});
