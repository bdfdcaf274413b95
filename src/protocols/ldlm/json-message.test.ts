import assert from "node:assert/strict";
import { test } from "node:test";
import { messageReader } from "./json-message.ts";
import { tryLockRequest } from "./messages.ts";

const read = messageReader(tryLockRequest);
const nothing = { name: "", size: undefined, lock_timeout_seconds: undefined };

const bodies: readonly (readonly [body: string, fields: object])[] = [
  ["", nothing],
  [" \r\n\t", nothing],
  ["{}", nothing],
  ['{"name":null,"size":null,"lockTimeoutSeconds":null}', nothing],
  ['{"Name":"a","SIZE":1,"lock_timeoutSeconds":2,"__proto__":{"name":"b"}}', nothing],
  [
    '{"name":"a","size":2,"lock_timeout_seconds":3}',
    { name: "a", size: 2, lock_timeout_seconds: 3 },
  ],
  ['{"lockTimeoutSeconds":3}', { ...nothing, lock_timeout_seconds: 3 }],
  ['{"lock_timeout_\\u0073econds":3}', { ...nothing, lock_timeout_seconds: 3 }],
  ['{"name":"__proto__"}', { ...nothing, name: "__proto__" }],
  ['{"name":"😀\\ud83d\\ude00\\u0000"}', { ...nothing, name: "😀😀\u0000" }],
  ['{"wait":[{"name":1}],"wait":2,"name":"a"}', { ...nothing, name: "a" }],
  ['{"name":"a"} {"name":1} and so on', { ...nothing, name: "a" }],
];

for (const [body, fields] of bodies) {
  test(`${JSON.stringify(body)} is read as ${JSON.stringify(fields)}`, () => {
    assert.deepEqual(read(Buffer.from(body), 64), fields);
  });
}

const integers: readonly (readonly [written: string, value: number | undefined])[] = [
  ["3", 3],
  ["-3", -3],
  ["3.0", 3],
  ["1e1", 10],
  ["30E-1", 3],
  ['"3"', 3],
  ['"3.0"', 3],
  ['"1e1"', 10],
  ['"-1E+1"', -10],
  ["2147483647", 2147483647],
  ["-2147483648", -2147483648],
  ["2147483648", undefined],
  ["-2147483649", undefined],
  ['"2147483648"', undefined],
  ["1e400", undefined],
  ["9".repeat(100_000), undefined],
  [`"${"9".repeat(100_000)}"`, undefined],
  ["1.5", undefined],
  ['"1.5"', undefined],
  ['""', undefined],
  ['" 3"', undefined],
  ['"03"', undefined],
  ['"0x3"', undefined],
  ['"+3"', undefined],
  ['"3."', undefined],
  ['"Infinity"', undefined],
  ["true", undefined],
  ["[3]", undefined],
  ["{}", undefined],
];

for (const [written, value] of integers) {
  test(`the integer ${written.slice(0, 20)} is ${value ?? "refused"}`, () => {
    const body = Buffer.from(`{"size":${written}}`);
    if (value !== undefined) assert.equal(read(body, 64).size, value);
    else {
      const error = { name: "JsonMessageError", message: "invalid value for int32 field size" };
      assert.throws(() => read(body, 64), error);
    }
  });
}

const malformed: readonly (readonly [body: string | Uint8Array, message: string])[] = [
  ["nope", "invalid character 'o' looking for beginning of value"],
  ['{"name":"a"', "unexpected EOF"],
  [`{"a":${"[".repeat(64)}${"]".repeat(64)}}`, "exceeded max depth"],
  ["null", "the body is not a JSON object"],
  ['["name"]', "the body is not a JSON object"],
  ['"name"', "the body is not a JSON object"],
  ['{"name":1}', "invalid value for string field name"],
  ['{"name":["a"]}', "invalid value for string field name"],
  ['{"name":"\\ud800"}', "invalid value for string field name"],
  ['{"name":"a","name":"a"}', 'duplicate field "name"'],
  ['{"name":null,"name":"a"}', 'duplicate field "name"'],
  ['{"lock_timeout_seconds":1,"lockTimeoutSeconds":1}', 'duplicate field "lockTimeoutSeconds"'],
  [Uint8Array.of(0x7b, 0x7d, 0xff), "invalid UTF-8"],
  ["\ufeff{}", "invalid character '\ufeff' looking for beginning of value"],
];

for (const [body, message] of malformed) {
  test(`${JSON.stringify(body).slice(0, 40)} is refused with: ${message}`, () => {
    assert.throws(() => read(Buffer.from(body), 64), { name: "JsonMessageError", message });
  });
}
