import assert from "node:assert/strict";
import { test } from "node:test";
import { type Opening, openingOf } from "./sniff.ts";

const cases: ReadonlyArray<{ bytes: string; opening: Opening | undefined }> = [
  { bytes: "", opening: undefined },
  { bytes: "{", opening: "stream" },
  { bytes: " ", opening: undefined },
  { bytes: "\t\r\n", opening: undefined },
  { bytes: "\t\r\n {", opening: "stream" },
  { bytes: " ".repeat(64), opening: undefined },
  { bytes: " ".repeat(65), opening: "stream" },
  { bytes: "\r\nGET", opening: "http1" },
  { bytes: "\r\n\r\n\r\nG", opening: "http1" },
  { bytes: "\r\nPRI * HTTP/2.0", opening: "http1" },
  { bytes: "P", opening: undefined },
  { bytes: "PRI * HTTP/2.", opening: undefined },
  { bytes: "PRI * HTTP/2.0", opening: "http2" },
  { bytes: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", opening: "http2" },
  { bytes: "PRI * HTTP/1.1", opening: "http1" },
  { bytes: "PO", opening: "http1" },
  { bytes: "PRINT / HTTP/1.1", opening: "http1" },
  { bytes: "G", opening: "http1" },
  { bytes: "\x16", opening: undefined },
  { bytes: "\x16\x03", opening: "tls" },
  { bytes: "\x16\x03\x01\x02\x00", opening: "tls" },
  { bytes: "\x16\x04", opening: "http1" },
  { bytes: "\0", opening: "http1" },
  { bytes: "PROXY", opening: undefined },
  { bytes: "PROXY ", opening: "proxy" },
  { bytes: "PROXYX", opening: "http1" },
  { bytes: "\r\n\r\n\0\r\nQUIT", opening: undefined },
  { bytes: "\r\n\r\n\0\r\nQUIT\n", opening: "proxy" },
];

for (const { bytes, opening } of cases) {
  test(`${JSON.stringify(bytes)} opens ${opening ?? "nothing yet"}`, () => {
    assert.equal(openingOf(Buffer.from(bytes, "latin1")), opening);
  });
}

test("an opening that is known stays the same however much follows", () => {
  for (const { bytes, opening } of cases) {
    if (opening === undefined) continue;
    assert.equal(openingOf(Buffer.from(`${bytes}and so on`, "latin1")), opening);
  }
});
