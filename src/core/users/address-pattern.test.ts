import assert from "node:assert/strict";
import { BlockList, isIPv6 } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { isAddressPattern, matchesAddress } from "./address-pattern.ts";

const rows = [
  {
    pattern: "192.0.2.7",
    has: ["192.0.2.7", "::ffff:192.0.2.7", "::ffff:c000:207"],
    hasNot: ["192.0.2.70", "::1"],
  },
  {
    pattern: "172.17.*",
    has: ["172.17.0.1", "172.17.255.255"],
    hasNot: ["172.170.0.1", "172.1.7.1", "ac11::1"],
  },
  { pattern: "10.*.*.*", has: ["10.0.0.1"], hasNot: ["100.0.0.1"] },
  {
    pattern: "192.0.2.0/23",
    has: ["192.0.2.1", "192.0.3.255"],
    hasNot: ["192.0.4.0", "192.0.1.255"],
  },
  { pattern: "0.0.0.0/0", has: ["192.0.2.7"], hasNot: ["2001:db8::1"] },
  { pattern: "192.0.2.7/32", has: ["192.0.2.7"], hasNot: ["192.0.2.6"] },
  { pattern: "2001:DB8::7", has: ["2001:db8::7", "2001:db8:0:0:0:0:0:7"], hasNot: ["2001:db8::8"] },
  { pattern: "2001:db8::/33", has: ["2001:db8:7fff::1"], hasNot: ["2001:db8:8000::1"] },
  {
    pattern: "2001:db8:*",
    has: ["2001:db8::1", "2001:db8:ffff::"],
    hasNot: ["2001:db80::1", "2001::db8"],
  },
  { pattern: "fe80::/10", has: ["fe80::1%eth0"], hasNot: ["fec0::1"] },
  { pattern: "::ffff:192.0.2.7", has: ["192.0.2.7"], hasNot: ["192.0.2.8"] },
  { pattern: "64:ff9b::192.0.2.7", has: ["64:ff9b::c000:207"], hasNot: ["192.0.2.7"] },
  { pattern: "*", has: ["192.0.2.7", "::1"], hasNot: [] },
];

for (const { pattern, has, hasNot } of rows) {
  test(`the pattern ${pattern} has the addresses that it should`, () => {
    assert.ok(isAddressPattern(pattern));
    for (const address of has) assert.ok(matchesAddress(pattern, address), address);
    for (const address of hasNot) assert.ok(!matchesAddress(pattern, address), address);
  });
}

const noPatterns = [
  "",
  ".*",
  "192.0.2",
  "192.0.2.256",
  "192.0.2.7.*",
  "192.*.2.*",
  "192.0.2.0/33",
  "192.0.2.0/",
  "192.0.2.0/24/8",
  "192.0.2.*/24",
  "192\\.0\\..*",
  "19*",
  "2001:db8",
  "2001:db8::*",
  "1::2::3",
  "1:2:3:4:5:6:7:8:9",
  "::/129",
  "localhost",
];

test("anything else is no pattern, and has no address", () => {
  for (const pattern of noPatterns) {
    assert.ok(!isAddressPattern(pattern), pattern);
    assert.ok(!matchesAddress(pattern, "192.0.2.7"), pattern);
  }
});

test("an address that is none, or unknown, is in no network", () => {
  for (const address of ["", "unknown", "/tmp/socket"]) {
    assert.ok(!matchesAddress("0.0.0.0/0", address));
    assert.ok(!matchesAddress("::/0", address));
  }
});

test("networks have the addresses that Node says", () => {
  const pairs = fc.oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.tuple(fc.ipV6(), fc.ipV6()));
  fc.assert(
    fc.property(pairs, fc.nat(128), ([network, other], length) => {
      const family = isIPv6(network) ? "ipv6" : "ipv4";
      const bits = family === "ipv6" ? length : length % 33;
      const list = new BlockList();
      list.addSubnet(network, bits, family);
      for (const each of [network, other]) {
        const pattern = `${network}/${bits}`;
        assert.equal(matchesAddress(pattern, each), list.check(each, family), `${pattern} ${each}`);
      }
    }),
  );
});
