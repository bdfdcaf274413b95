import assert from "node:assert/strict";
import { test } from "node:test";
import type { RequestId } from "../../core/ids.ts";
import { createPendingCommands, type PendingCommands } from "./pending.ts";

const [first, second, third] = ["1", "2", "3"] as RequestId[] as [RequestId, RequestId, RequestId];
const looker = (id: string) => ({ id, mutexId: "m" });

function pendingOf(...requests: readonly RequestId[]): PendingCommands {
  const pending = createPendingCommands();
  for (const request of requests) pending.add(request, { type: "lock" });
  return pending;
}

test("who looks need not wait when nothing is pending, or all of it is settled", () => {
  const pending = pendingOf();
  assert.equal(pending.wait(looker("a")), false);
  pending.add(first, { type: "lock" });
  pending.settle(first);
  assert.equal(pending.wait(looker("a")), false);
  assert.equal(pending.count(), 0);
});

test("who looks waits for the newest, and not for what comes later", () => {
  const pending = pendingOf(first, second);
  assert.equal(pending.wait(looker("a")), true);
  pending.add(third, { type: "lock" });
  assert.deepEqual(pending.settle(first)?.lookers, []);
  assert.deepEqual(pending.settle(second)?.lookers, [looker("a")]);
  assert.deepEqual(pending.settle(third)?.lookers, []);
});

test("what is settled is so once", () => {
  const pending = pendingOf(first);
  assert.deepEqual(pending.settle(first), { about: { type: "lock" }, lookers: [] });
  assert.equal(pending.settle(first), undefined);
  assert.equal(pending.refuse(first), undefined);
  assert.equal(pending.settle(second), undefined);
});

test("who waits for what is refused goes on waiting for what is still pending, in its order", () => {
  const pending = pendingOf(first, second, third);
  pending.wait(looker("a"));
  assert.deepEqual(pending.refuse(second)?.lookers, []);
  assert.deepEqual(pending.refuse(third)?.lookers, []);
  pending.wait(looker("b"));
  assert.deepEqual(pending.settle(first)?.lookers, [looker("a"), looker("b")]);
  assert.equal(pending.count(), 0);
});

test("who waits looks when all is refused", () => {
  const pending = pendingOf(first, second);
  pending.wait(looker("a"));
  assert.deepEqual(pending.refuse(first)?.lookers, []);
  assert.deepEqual(pending.refuse(second)?.lookers, [looker("a")]);
  assert.equal(pending.wait(looker("b")), false);
});

test("those who look count as long as they wait", () => {
  const pending = pendingOf(first, second);
  for (const id of ["a", "b", "c"]) pending.wait(looker(id));
  assert.equal(pending.count(), 5);
  pending.refuse(second);
  assert.equal(pending.count(), 4);
  pending.settle(first);
  assert.equal(pending.count(), 0);
});
