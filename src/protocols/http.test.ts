import assert from "node:assert/strict";
import { test } from "node:test";
import { isFromBrowser, isJsonContent, isOriginAllowed } from "./http.ts";

const listed = ["https://app.example.com"];

const origins: readonly (readonly [origin: string | undefined, isAllowed: boolean])[] = [
  [undefined, true],
  ["http://locks.local:7117", true],
  ["https://LOCKS.local:7117", true],
  ["https://app.example.com", true],
  ["http://app.example.com", false],
  ["https://app.example.com.evil.example", false],
  ["http://locks.local", false],
  ["http://locks.local:7118", false],
  ["http://locks.local:7117/", false],
  ["http://evil.example#http://locks.local:7117", false],
  ["file://locks.local:7117", false],
  ["null", false],
  ["", false],
];

for (const [origin, isAllowed] of origins) {
  test(`origin ${origin} is ${isAllowed ? "allowed" : "refused"} at locks.local:7117`, () => {
    assert.equal(isOriginAllowed({ origin, host: "locks.local:7117" }, listed), isAllowed);
    assert.equal(isFromBrowser({ origin }), origin !== undefined);
  });
}

test("without a Host no origin is the same", () => {
  assert.equal(isOriginAllowed({ origin: "http://undefined" }, []), false);
});

const types: readonly (readonly [type: string | undefined, isJson: boolean])[] = [
  ["application/json", true],
  ["Application/JSON; charset=utf-8", true],
  ["application/json ;charset=utf-8", true],
  ["application/jsonp", false],
  ["text/plain; application/json", false],
  ["application/x-www-form-urlencoded", false],
  [undefined, false],
];

for (const [type, isJson] of types) {
  test(`content type ${type} is ${isJson ? "" : "not "}JSON`, () => {
    assert.equal(isJsonContent({ "content-type": type }), isJson);
  });
}
