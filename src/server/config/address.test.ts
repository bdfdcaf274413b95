import assert from "node:assert/strict";
import test from "node:test";
import { formatAddress, isLoopback, parseAddress } from "./address.ts";

const cases: readonly { readonly text: string; readonly host: string; readonly port: number }[] = [
  { text: "127.0.0.1:7117", host: "127.0.0.1", port: 7117 },
  { text: "localhost:0", host: "localhost", port: 0 },
  { text: "[::1]:65535", host: "::1", port: 65_535 },
  { text: "[::]:7117", host: "::", port: 7117 },
  { text: "[fe80::1%eth0]:80", host: "fe80::1%eth0", port: 80 },
  { text: "lock-1.example.com:80", host: "lock-1.example.com", port: 80 },
];

for (const { text, host, port } of cases) {
  test(`${text} is the host ${host} and the port ${port}`, () => {
    assert.deepEqual(parseAddress(text), { host, port });
    assert.equal(formatAddress({ host, port }), text);
  });
}

for (const text of [
  "",
  "7117",
  ":7117",
  "*:7117",
  "127.0.0.1",
  "127.0.0.1:",
  "127.0.0.1:65536",
  "127.0.0.1:-1",
  "127.1:80",
  "2130706433:80",
  "256.0.0.1:80",
  "::1:7117",
  "[127.0.0.1]:80",
  "[::1]",
  "[::1]:",
  "http://localhost:80",
  "a b:80",
  "-a:80",
  "a:80\n",
]) {
  test(`${JSON.stringify(text)} is no address to listen on`, () => {
    assert.equal(parseAddress(text), undefined);
  });
}

const hosts: readonly { readonly host: string; readonly loopback: boolean }[] = [
  { host: "127.0.0.1", loopback: true },
  { host: "127.255.0.9", loopback: true },
  { host: "::1", loopback: true },
  { host: "0:0:0:0:0:0:0:1", loopback: true },
  { host: "::ffff:127.0.0.1", loopback: true },
  { host: "localhost", loopback: true },
  { host: "LOCALHOST", loopback: true },
  { host: "0.0.0.0", loopback: false },
  { host: "::", loopback: false },
  { host: "::ffff:10.0.0.1", loopback: false },
  { host: "fe80::1%lo", loopback: false },
  { host: "10.0.0.1", loopback: false },
  { host: "128.0.0.1", loopback: false },
  { host: "localhost.example.com", loopback: false },
];

for (const { host, loopback } of hosts) {
  test(`${host} ${loopback ? "cannot" : "can"} be reached from other machines`, () => {
    assert.equal(isLoopback(host), loopback);
  });
}
