import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { openIdentity } from "../../../testing/open-identity.ts";
import { createTurns } from "../../../testing/turns.ts";
import { createLocalBus } from "../../bus/local.ts";
import type { Command } from "../../core/command.ts";
import type { LockKey, Namespace, NodeId, RequestId, SessionId } from "../../core/ids.ts";
import { fleetingLimitsDefault } from "../../fleeting/apply.ts";
import type { CallPeer, CallReceiver } from "../../protocols/grpc/mod.ts";
import { createLdlmGrpc } from "../../protocols/ldlm/grpc.ts";
import { createFanOut } from "../fan-out.ts";
import { createOperationMeter } from "../operation-meter.ts";
import type { Refuse } from "../replica.ts";
import { serveCalls } from "./calls.ts";
import { createHost } from "./host.ts";

interface Proposal {
  readonly types: readonly Command["type"][];
  /** Whether the host hears of it when the log refuses the command. */
  readonly isTold: boolean;
}

/** A connection with a lock call in progress, and the commands that it proposes. */
function beginLock() {
  const proposals: Proposal[] = [];
  const propose = (commands: readonly Command[], refuse?: Refuse) => {
    const types = commands.map(({ type }) => type);
    if (types.length > 0) proposals.push({ types, isTold: refuse !== undefined });
  };
  let requests = 0;
  const api = createLdlmGrpc({
    node: "n1" as NodeId,
    nameBytesMax: 1024,
    namespace: "default" as Namespace,
    identity: openIdentity,
    keepsLocks: false,
    restartGraceMs: 0,
    waitersMax: 1,
    newKey: () => "key" as LockKey,
    wallMsOf: (at) => at,
    nowMs: () => 0,
    noteBriefGrant() {},
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => "s1" as SessionId,
  });
  const turns = createTurns();
  const host = createHost({
    replica: { propose },
    bus: createLocalBus({ limits: fleetingLimitsDefault, clock: turns }),
    meter: createOperationMeter("ldlm"),
    clock: turns,
    fanOut: createFanOut(turns),
    logger: pino({ level: "silent" }),
    pendingMax: 10,
  });
  const state = { isClosed: false };
  const socket = {
    remoteAddress: undefined,
    close() {
      state.isClosed = true;
    },
    keep() {},
    charge() {},
    expect() {},
  };
  const handler = serveCalls(host, { api, methods: new Map() }, socket);
  const peer: CallPeer = { send() {}, end() {} };
  const call = handler.begin({ path: "/ldlm.LDLM/Lock", metadata: {} }, peer) as CallReceiver;
  call.message(Buffer.from("\x0a\x01a", "latin1"));
  return { proposals, handler, call, peer, state };
}

const asked: Proposal = { types: ["open_session", "acquire"], isTold: true };

test("a cancelled call leaves the line, even if the log refuses that at first", () => {
  const { proposals, call } = beginLock();
  call.finished();
  call.cancelled();
  call.cancelled();
  assert.deepEqual(proposals, [asked, { types: ["release"], isTold: false }]);
});

test("a connection that is gone leaves as a whole, not call by call", () => {
  const { proposals, handler, call } = beginLock();
  call.finished();
  handler.closed();
  call.cancelled();
  assert.deepEqual(proposals, [asked, { types: ["detach_session"], isTold: false }]);
});

test("a call that is whole only after the end of its connection asks for nothing", () => {
  const { proposals, handler, call } = beginLock();
  handler.closed();
  call.finished();
  assert.deepEqual(proposals, []);
});

test("a connection that calls 128 unknown methods in a row is closed, unless it does anything else", () => {
  const { handler, call, peer, state } = beginLock();
  const guess = () => handler.begin({ path: "/ldlm.LDLM/Steal", metadata: {} }, peer);
  for (let count = 1; count < 128; count += 1) guess();
  call.finished();
  for (let count = 1; count < 128; count += 1) guess();
  assert.equal(state.isClosed, false);
  assert.equal("code" in guess(), true);
  assert.equal(state.isClosed, true);
});
