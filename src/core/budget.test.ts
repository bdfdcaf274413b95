import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createState, type State } from "./apply.ts";
import type { Command } from "./command.ts";
import type { LogIndex, NodeId, RequestId, SessionId, TimeMs } from "./ids.ts";
import { clientBytesMax, type Limits, limitsBefore, limitsDefault } from "./limits.ts";
import { restore, snapshot } from "./snapshot.ts";

/** A state and the outcome of each command that it applies. */
function createStage(limits: Partial<Limits>) {
  const state = createState();
  function send(command: Command): string {
    const index = (state.index + 1) as LogIndex;
    const [effect] = apply(state, { index, at: 1000 as TimeMs, command });
    return effect === undefined ? "nothing" : effect.outcome.type;
  }
  send({ type: "set_limits", limits: { ...limitsDefault, ...limits } });
  return { state, send };
}

function open(session: string): Command {
  return {
    type: "open_session",
    session: session as SessionId,
    request: session as RequestId,
    node: "n1" as NodeId,
    api: "test",
    life: { type: "connection", graceMs: 0 },
    origin: {},
  };
}

function createToken(id: string): Command {
  const token = id as Extract<Command, { type: "create_api_token" }>["token"];
  const address = { session: "operator" as SessionId, request: id as RequestId };
  return { type: "create_api_token", ...address, by: "root", token, name: id, digest: "" };
}

function openAll(send: (command: Command) => string): number {
  let count = 0;
  while (send(open(`s${count}`)) === "session_opened") count += 1;
  return count;
}

test("clients leave the last part of the state to operators, who stop at its end", () => {
  const { state, send } = createStage({ stateBytesMax: 128 * 1024 });
  assert.ok(openAll(send) > 100);
  const filled = state.holdings.bytes;
  assert.ok(filled <= clientBytesMax(state.limits), `${filled} bytes`);
  let tokens = 0;
  while (send(createToken(`t${tokens}`)) === "api_token_created") tokens += 1;
  assert.ok(tokens > 0);
  assert.ok(state.holdings.bytes > clientBytesMax(state.limits));
  assert.ok(state.holdings.bytes <= state.limits.stateBytesMax);
});

test("what ends makes room again, to the last byte", () => {
  const { state, send } = createStage({ stateBytesMax: 128 * 1024 });
  const count = openAll(send);
  for (let place = 0; place < count; place += 1) {
    const session = `s${place}` as SessionId;
    send({ type: "close_session", session, request: "c" as RequestId });
  }
  assert.equal(state.holdings.bytes, 0);
  assert.equal(openAll(send), count);
});

test("the limits of a log that knew fewer do not reject what that log accepted", () => {
  const { nameBytesMax, pathSegmentsMax, claimsMax, locksPerSessionMax } = limitsDefault;
  const { sessionsMax, idleNamesMax } = limitsDefault;
  const known = { nameBytesMax, pathSegmentsMax, claimsMax, locksPerSessionMax };
  const limits = { ...known, sessionsMax, idleNamesMax } as Limits;
  const state = createState();
  assert.equal(state.limits.stateBytesMax, limitsBefore.stateBytesMax);
  apply(state, {
    index: 1 as LogIndex,
    at: 1 as TimeMs,
    command: { type: "set_limits", limits },
  });
  assert.deepEqual(state.limits, limitsBefore);
  assert.deepEqual(restored(state, limits).limits, limitsBefore);
});

/** The state from its snapshot, whose limits are those of an older program. */
function restored(state: State, limits: Limits): State {
  const records = [...snapshot(state)];
  return restore(
    records.map((record) => (record.type === "state" ? { ...record, limits } : record)),
  );
}
