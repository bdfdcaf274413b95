import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalBus } from "../bus/local.ts";
import type { Command } from "../core/command.ts";
import type { LockKey, Namespace, NodeId, RequestId, SessionId } from "../core/ids.ts";
import { topicLimitsDefault } from "../fleeting/topics.ts";
import type { CallPeer, CallReceiver } from "../protocols/grpc/mod.ts";
import { createLdlmGrpc } from "../protocols/ldlm/grpc.ts";
import { createCallGateway } from "./call-gateway.ts";
import { systemClock } from "./clock.ts";
import { createOperationMeter } from "./operation-meter.ts";
import type { Refuse, Replica } from "./replica.ts";

interface Proposal {
  readonly types: readonly Command["type"][];
  /** Called when the log refuses the command. */
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
  const ldlm = createLdlmGrpc({
    node: "n1" as NodeId,
    namespace: "default" as Namespace,
    password: undefined,
    keepsLocks: false,
    restartGraceMs: 0,
    waitersMax: 1,
    newKey: () => "key" as LockKey,
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => "s1" as SessionId,
  });
  const gateway = createCallGateway({
    replica: { propose } as Replica,
    bus: createLocalBus({ limits: topicLimitsDefault, clock: systemClock }),
    meter: createOperationMeter("ldlm"),
    clock: systemClock,
    services: [],
  });
  const handler = gateway.join({ remoteAddress: undefined, close() {} }, ldlm);
  const peer: CallPeer = { send() {}, end() {} };
  const call = handler.begin({ path: "/ldlm.LDLM/Lock", metadata: {} }, peer) as CallReceiver;
  call.message(Buffer.from("\x0a\x01a", "latin1"));
  return { proposals, handler, call };
}

const asked: Proposal = { types: ["open_session", "acquire"], isTold: true };

test("who cancels a call leaves the line, though nobody would ask again should the log refuse it", () => {
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
