import assert from "node:assert/strict";
import { test } from "node:test";
import type { LockOperation } from "../testing/linearizability/locks/operation.ts";
import { createRecorder } from "../testing/linearizability/recorder.ts";

const asked = { type: "renew", session: "alice", request: "1", leaseMs: 1000 } as const;
const crash = { type: "crash" } as const;

test("moments grow also while the clock stands still", () => {
  const recorder = createRecorder<LockOperation>(() => 5);
  recorder.call("alice", asked).returned("renewed");
  recorder.call("alice", asked).returned("renewed");
  const moments = recorder.history().flatMap(({ calledAt, until }) => [calledAt, until]);
  assert.deepEqual(
    moments,
    [...new Set(moments)].sort((a, b) => a - b),
  );
});

test("a call that nobody answers may have happened at any time", () => {
  const recorder = createRecorder<LockOperation>(() => 5);
  recorder.call("alice", asked);
  const [call] = recorder.history();
  assert.equal(call?.isAnswered, false);
  assert.equal(call.until, Number.POSITIVE_INFINITY);
});

test("a call that the server died over happened before that or never", () => {
  const recorder = createRecorder<LockOperation>(() => 5);
  recorder.call("alice", asked);
  recorder.died(crash);
  const [call, death] = recorder.history();
  assert.equal(call?.isAnswered, false);
  assert.ok(death !== undefined && call.until < death.calledAt);
});

test("an answer that is read after the death of the server tells of what was before it", () => {
  const recorder = createRecorder<LockOperation>(() => 5);
  const renewal = recorder.call("alice", asked);
  recorder.died(crash);
  renewal.returned("renewed");
  const [call, death] = recorder.history();
  assert.deepEqual(call?.operation, { ...asked, answer: "renewed" });
  assert.equal(call.isAnswered, true);
  assert.ok(death !== undefined && call.until < death.calledAt);
});

test("what was certainly not done is not in the history", () => {
  const recorder = createRecorder<LockOperation>(() => 5);
  recorder.call("alice", asked).withdrawn();
  assert.deepEqual(recorder.history(), []);
});
