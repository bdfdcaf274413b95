import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock } from "../../testing/loopback.ts";
import { createBriefGrants } from "./brief-grants.ts";

function create() {
  const clock = createFakeClock();
  const lines: object[] = [];
  const warn = (facts: object) => void lines.push(facts);
  return { clock, lines, grants: createBriefGrants(clock, { warn }) };
}

test("one brief grant, or two, is counted and not told of", () => {
  const { grants, lines } = create();
  grants.note("192.0.2.1");
  grants.note("192.0.2.1");
  grants.note("192.0.2.2");
  grants.note(undefined);
  assert.equal(grants.total, 4);
  assert.deepEqual(lines, []);
});

test("when it repeats, the address is told of, once a minute", () => {
  const { grants, lines, clock } = create();
  for (let count = 0; count < 10; count++) grants.note("192.0.2.1");
  assert.deepEqual(lines, [{ remoteAddress: "192.0.2.1" }]);
  clock.advance(60_000);
  for (let count = 0; count < 10; count++) grants.note("192.0.2.1");
  assert.equal(lines.length, 2);
});

test("grants that are far apart do not add up", () => {
  const { grants, lines, clock } = create();
  for (let count = 0; count < 10; count++) {
    grants.note("192.0.2.1");
    clock.advance(40_000);
  }
  assert.deepEqual(lines, []);
});
