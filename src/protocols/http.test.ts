import assert from "node:assert/strict";
import { test } from "node:test";
import { isFromBrowser, isJsonContent, isOriginAllowed } from "./http.ts";

const host = "locks.example:7117";

const originCases: ReadonlyArray<{
  origin?: string;
  host?: string;
  allowed?: readonly string[];
  isEncrypted?: true;
  is: boolean;
}> = [
  { is: true },
  { origin: "http://locks.example:7117", is: true },
  { origin: "https://locks.example:7117", is: true },
  { origin: "http://LOCKS.example:7117", is: true },
  { origin: "http://locks.example", is: false },
  { origin: "http://locks.example:7118", is: false },
  { origin: "http://evil.example", is: false },
  { origin: "http://evil.locks.example:7117", is: false },
  { origin: "http://locks.example:7117.evil.example", is: false },
  { origin: "http://locks.example:7117@evil.example", is: false },
  { origin: "null", is: false },
  { origin: "", is: false },
  { origin: "http://locks.example:7117/", is: false },
  { origin: "http://evil.example#http://locks.example:7117", is: false },
  { origin: "file://locks.example:7117", is: false },
  { origin: "http://locks.example:7117, http://evil.example", is: false },
  { origin: "https://locks.example", host: "locks.example", is: true },
  { origin: "https://locks.example", host: "locks.example:443", is: true },
  { origin: "http://[::1]:7117", host: "[::1]:7117", is: true },
  { origin: "http://evil.example", allowed: ["http://other.example"], is: false },
  { origin: "http://other.example", allowed: ["http://other.example"], is: true },
  { origin: "http://other.example", allowed: ["HTTP://Other.example"], is: true },
  { origin: "https://other.example", allowed: ["http://other.example"], is: false },
  { origin: "null", allowed: ["*"], is: true },
  { origin: "https://locks.example:7117", isEncrypted: true, is: true },
  { origin: "http://locks.example:7117", isEncrypted: true, is: false },
  { origin: "http://locks.example", host: "locks.example", isEncrypted: true, is: false },
  {
    origin: "http://other.example",
    allowed: ["http://other.example"],
    isEncrypted: true,
    is: true,
  },
  { isEncrypted: true, is: true },
];

for (const { is, allowed = [], isEncrypted = false, ...headers } of originCases) {
  const { origin } = headers;
  const page = origin === undefined ? "a program" : `a page of ${JSON.stringify(origin)}`;
  const list = allowed.length === 0 ? "" : ` with ${allowed} allowed`;
  const how = isEncrypted ? " over TLS" : "";
  test(`${page} may${is ? "" : " not"} connect to ${headers.host ?? host}${how}${list}`, () => {
    assert.equal(isOriginAllowed({ headers: { host, ...headers }, isEncrypted }, allowed), is);
    assert.equal(isFromBrowser(headers), origin !== undefined);
  });
}

test("without a Host no origin is the same", () => {
  assert.equal(
    isOriginAllowed({ headers: { origin: "http://undefined" }, isEncrypted: false }, []),
    false,
  );
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
