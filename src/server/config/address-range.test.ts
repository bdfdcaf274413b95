import assert from "node:assert/strict";
import test from "node:test";
import { addressesIn, isAddressRange, isWholeSpace } from "./address-range.ts";

const cases: ReadonlyArray<{
  readonly text: string;
  readonly holds?: readonly string[];
  readonly lacks?: readonly string[];
}> = [
  { text: "10.1.2.3", holds: ["10.1.2.3", "::ffff:10.1.2.3"], lacks: ["10.1.2.4", "::1"] },
  { text: "10.0.0.0/8", holds: ["10.255.0.1", "::ffff:10.0.0.1"], lacks: ["11.0.0.0"] },
  { text: "10.1.2.3/8", holds: ["10.255.0.1"], lacks: ["11.0.0.0"] },
  { text: "127.0.0.0/8", holds: ["127.0.0.1", "127.9.9.9"], lacks: ["128.0.0.1"] },
  { text: "0.0.0.0/0", holds: ["1.2.3.4", "255.255.255.255"], lacks: ["2001:db8::1"] },
  { text: "::1", holds: ["::1", "0:0:0:0:0:0:0:1"], lacks: ["::2", "127.0.0.1"] },
  { text: "2001:db8::/32", holds: ["2001:db8:ffff::1"], lacks: ["2001:db9::"] },
  { text: "::/0", holds: ["2001:db8::1"] },
];

for (const { text, holds = [], lacks = [] } of cases) {
  test(`${text} holds ${holds.join(" and ")}, not ${lacks.join(" or ")}`, () => {
    assert.ok(isAddressRange(text));
    const addresses = addressesIn([text]);
    const isIn = (address: string) =>
      addresses.check(address, address.includes(":") ? "ipv6" : "ipv4");
    assert.deepEqual(holds.filter(isIn), holds);
    assert.deepEqual(lacks.filter(isIn), []);
  });
}

for (const text of [
  "",
  "localhost",
  "10.0.0",
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/08",
  "10.0.0.0/8/8",
  "10.0.0.0/-1",
  "10.0.0.0/255.0.0.0",
  "10.0.0.0-10.0.0.9",
  "[::1]",
  "::1/129",
  "fe80::1%eth0",
  "127.0.0.1:80",
]) {
  test(`${JSON.stringify(text)} is no range`, () => assert.equal(isAddressRange(text), false));
}

test("only a prefix of 0 bits is the whole space", () => {
  assert.deepEqual(["0.0.0.0/0", "::/0", "0.0.0.0/1", "0.0.0.0", "::"].filter(isWholeSpace), [
    "0.0.0.0/0",
    "::/0",
  ]);
});
