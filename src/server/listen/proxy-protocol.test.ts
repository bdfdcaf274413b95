import assert from "node:assert/strict";
import { test } from "node:test";
import {
  proxyBlock,
  proxyBlock4,
  proxyLine,
  proxyLocal,
  version2Start,
} from "../../../testing/proxy-headers.ts";
import { readProxyHeader } from "./proxy-protocol.ts";

const ipv6Block = Buffer.concat([
  Buffer.from("20010db8000000000000000000000007", "hex"),
  Buffer.from("20010db8000000000000000000000001", "hex"),
  Buffer.of(0xdc, 0x04, 0x01, 0xbb),
]);
const mappedBlock = Buffer.concat([
  Buffer.from("00000000000000000000ffffc6336407", "hex"),
  Buffer.alloc(20),
]);
const longestIPv6 = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";

const valid: ReadonlyArray<{ what: string; header: string | Buffer; client?: string }> = [
  { what: "IPv4", header: proxyLine("198.51.100.7"), client: "198.51.100.7" },
  {
    what: "the longest IPv4",
    header: "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
    client: "255.255.255.255",
  },
  { what: "IPv6", header: proxyLine("2001:db8::7"), client: "2001:db8::7" },
  {
    what: "IPv6 in full and upper case",
    header: proxyLine("2001:0DB8:0:0:0:0:0:0007"),
    client: "2001:db8::7",
  },
  {
    what: "the longest IPv6",
    header: `PROXY TCP6 ${longestIPv6} ${longestIPv6} 65535 65535\r\n`,
    client: longestIPv6,
  },
  { what: "IPv4 in IPv6", header: proxyLine("::ffff:198.51.100.7"), client: "198.51.100.7" },
  { what: "IPv4 in IPv6 as hex", header: proxyLine("::FFFF:C633:6407"), client: "198.51.100.7" },
  { what: "port 0", header: "PROXY TCP4 198.51.100.7 192.0.2.1 0 0\r\n", client: "198.51.100.7" },
  { what: "UNKNOWN alone", header: "PROXY UNKNOWN\r\n" },
  {
    what: "the longest UNKNOWN",
    header: `PROXY UNKNOWN ${longestIPv6} ${longestIPv6} 65535 65535\r\n`,
  },
  { what: "UNKNOWN with anything", header: "PROXY UNKNOWN any \0 thing\r\n" },
  { what: "version 2, IPv4", header: proxyBlock4("198.51.100.7"), client: "198.51.100.7" },
  {
    what: "version 2, IPv4 with extensions",
    header: proxyBlock4("198.51.100.7", Buffer.from("050003616263", "hex")),
    client: "198.51.100.7",
  },
  {
    what: "version 2, IPv4 as long as allowed",
    header: proxyBlock4("198.51.100.7", Buffer.alloc(16 * 1024 - 12)),
    client: "198.51.100.7",
  },
  { what: "version 2, IPv6", header: proxyBlock(0x21, 0x21, ipv6Block), client: "2001:db8::7" },
  {
    what: "version 2, IPv4 in IPv6",
    header: proxyBlock(0x21, 0x21, mappedBlock),
    client: "198.51.100.7",
  },
  {
    what: "version 2, datagrams",
    header: proxyBlock(0x21, 0x22, ipv6Block),
    client: "2001:db8::7",
  },
  { what: "version 2, unix", header: proxyBlock(0x21, 0x31, Buffer.alloc(216, "/")) },
  { what: "version 2, unspecified", header: proxyBlock(0x21, 0x00) },
  { what: "version 2, unspecified with bytes", header: proxyBlock(0x21, 0x00, ipv6Block) },
  { what: "version 2, unspecified transport", header: proxyBlock(0x21, 0x20, ipv6Block) },
  { what: "LOCAL", header: proxyLocal },
  { what: "LOCAL with addresses", header: proxyBlock(0x20, 0x21, ipv6Block) },
  { what: "LOCAL with a family that does not exist", header: proxyBlock(0x20, 0xff, ipv6Block) },
];

for (const { what, header, client } of valid) {
  const bytes = Buffer.from(header as string, "latin1");

  test(`${what} is ${client ?? "nobody but the proxy"}, whatever follows`, () => {
    const expected = { type: "valid", bytes: bytes.length, clientAddress: client };
    assert.deepEqual(readProxyHeader(bytes), expected);
    for (const next of ["GET / HTTP/1.1\r\n", "\r\n", header]) {
      const more = Buffer.concat([bytes, Buffer.from(next as string, "latin1")]);
      assert.deepEqual(readProxyHeader(more), expected);
    }
  });

  test(`${what} is not judged before it is whole`, () => {
    for (let length = 0; length < bytes.length; length += length < 300 ? 1 : 997) {
      assert.deepEqual(readProxyHeader(bytes.subarray(0, length)), { type: "partial" });
    }
  });
}

for (const bytes of [
  "GET / HTTP/1.1\r\n",
  "{}",
  "\x16\x03\x01",
  "PRI * HTTP/2.0\r\n",
  "proxy TCP4 ",
  "PROXYING",
  "\r\n\r\nGET",
  "\r\n\r\n\0\r\nQUIT\r",
  " PROXY",
]) {
  test(`${JSON.stringify(bytes)} is no header`, () => {
    assert.deepEqual(readProxyHeader(Buffer.from(bytes, "latin1")), { type: "missing" });
  });
}

const malformed: ReadonlyArray<{ what: string; header: string | Buffer }> = [
  { what: "a line without a kind", header: "PROXY \r\n" },
  { what: "another kind", header: "PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n" },
  { what: "a word that begins like UNKNOWN", header: "PROXY UNKNOWNS\r\n" },
  { what: "an IPv6 address where IPv4 is said", header: "PROXY TCP4 ::1 ::1 1 2\r\n" },
  { what: "an IPv4 address where IPv6 is said", header: "PROXY TCP6 192.0.2.1 ::1 1 2\r\n" },
  { what: "an address with leading zeros", header: "PROXY TCP4 010.0.0.1 192.0.2.1 1 2\r\n" },
  { what: "a short address", header: "PROXY TCP4 10.1 192.0.2.1 1 2\r\n" },
  { what: "an address with a zone", header: "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n" },
  { what: "a wrong target", header: "PROXY TCP4 198.51.100.7 nowhere 1 2\r\n" },
  { what: "a port that is too large", header: "PROXY TCP4 198.51.100.7 192.0.2.1 65536 2\r\n" },
  { what: "a port with a leading zero", header: "PROXY TCP4 198.51.100.7 192.0.2.1 1 02\r\n" },
  { what: "no ports", header: "PROXY TCP4 198.51.100.7 192.0.2.1\r\n" },
  { what: "a field too many", header: "PROXY TCP4 198.51.100.7 192.0.2.1 1 2 3\r\n" },
  { what: "two spaces", header: "PROXY TCP4  198.51.100.7 192.0.2.1 1 2\r\n" },
  { what: "a line feed alone", header: "PROXY TCP4 198.51.100.7 192.0.2.1 1 2\n" },
  { what: "a carriage return inside", header: "PROXY UNKNOWN \r \r\n" },
  { what: "a line of 108 bytes", header: `PROXY UNKNOWN ${"x".repeat(92)}\r\n` },
  { what: "a line without end", header: "PROXY UNKNOWN ".padEnd(107, "x") },
  { what: "version 1 in binary", header: proxyBlock(0x11, 0x11, Buffer.alloc(12)) },
  { what: "version 3", header: proxyBlock(0x31, 0x11, Buffer.alloc(12)) },
  { what: "another command", header: proxyBlock(0x22, 0x11, Buffer.alloc(12)) },
  { what: "another family", header: proxyBlock(0x21, 0x41, Buffer.alloc(300)) },
  { what: "another transport", header: proxyBlock(0x21, 0x13, Buffer.alloc(12)) },
  { what: "a short IPv4 block", header: proxyBlock(0x21, 0x11, Buffer.alloc(11)) },
  { what: "a short IPv6 block", header: proxyBlock(0x21, 0x21, Buffer.alloc(35)) },
  { what: "a short unix block", header: proxyBlock(0x21, 0x31, Buffer.alloc(215)) },
  {
    what: "a block that says it is too long",
    header: Buffer.concat([version2Start, Buffer.of(0x21, 0x11, 0x40, 0x01)]),
  },
];

for (const { what, header } of malformed) {
  test(`${what} is malformed, whatever follows`, () => {
    const bytes = Buffer.from(header as string, "latin1");
    assert.equal(readProxyHeader(bytes).type, "malformed");
    assert.equal(readProxyHeader(Buffer.concat([bytes, Buffer.from("\r\n")])).type, "malformed");
  });
}

test("a header that is a part of a larger buffer is read at its place", () => {
  const around = Buffer.concat([Buffer.from("xxx"), proxyBlock4("198.51.100.7")]);
  const header = readProxyHeader(new Uint8Array(around.buffer, around.byteOffset + 3, 28));
  assert.deepEqual(header, { type: "valid", bytes: 28, clientAddress: "198.51.100.7" });
});
