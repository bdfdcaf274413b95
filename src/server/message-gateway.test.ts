import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalBus } from "../bus/local.ts";
import type { Command, RequestedCommand } from "../core/command.ts";
import type { LockKey, Namespace, NodeId, RequestId, SessionId } from "../core/ids.ts";
import { topicLimitsDefault } from "../fleeting/topics.ts";
import type { HttpRequest, MessageConnection } from "../protocols/protocol.ts";
import { createSoftvisio } from "../protocols/softvisio/softvisio.ts";
import { systemClock } from "./clock.ts";
import { createFanOut } from "./fan-out.ts";
import { createMessageGateway } from "./message-gateway.ts";
import { createOperationMeter } from "./operation-meter.ts";
import type { Refuse, Replica } from "./replica.ts";

interface Proposal {
  readonly command: Command;
  /** Called when the log refuses the command; absent: nobody waits for it. */
  readonly refuse: Refuse | undefined;
}

/** A connection of softvisio with a token, its output, and the commands that it proposes. */
function openSoftvisio({ admits = (): boolean => true } = {}) {
  const proposals: Proposal[] = [];
  const heard: string[] = [];
  let requests = 0;
  let sessions = 0;
  const softvisio = createSoftvisio({
    node: "n1" as NodeId,
    namespace: "default" as Namespace,
    restartGraceMs: 0,
    waitersMax: 10,
    nameBytesMax: 100,
    jsonDepthMax: 10,
    allowedOrigins: [],
    gate: { isClosed: true, admits, nameOf: () => undefined },
    newKey: () => "key" as LockKey,
    isTaken: () => false,
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => `s${++sessions}` as SessionId,
  });
  const gateway = createMessageGateway({
    replica: {
      propose(commands, refuse) {
        for (const command of commands) proposals.push({ command, refuse });
      },
    } as Replica,
    bus: createLocalBus({ limits: topicLimitsDefault, clock: systemClock }),
    meter: createOperationMeter("softvisio"),
    clock: systemClock,
    fanOut: createFanOut(systemClock),
    pendingMax: 10,
  });
  const headers = { "sec-websocket-protocol": "jsonrpc_2.0, token" };
  const request = { path: "/api/", headers } as Partial<HttpRequest> as HttpRequest;
  const open = softvisio.upgrade(request) as () => MessageConnection;
  const socket = {
    isOpen: () => true,
    send: (text: string) => void heard.push(text),
    close: (code: number) => void heard.push(`closed with ${code}`),
    pause() {},
    resume() {},
  };
  const handler = gateway.join(socket, open());
  const say = (method: string, params: readonly unknown[], id?: number) =>
    handler.message(Buffer.from(JSON.stringify({ jsonrpc: "2.0", method, params, id })), "text");
  return { proposals, heard, say, gateway };
}

test("what an aborted call has in the log is given back, also when the log refuses that at first", () => {
  const { proposals, heard, say } = openSoftvisio();
  say("/v1/mutexes/lock", ["m"], 1);
  say("/abort", [1]);
  const [, , release] = proposals as [Proposal, Proposal, Proposal];
  assert.ok(release.refuse !== undefined);
  release.refuse(release.command as RequestedCommand, "the disk is full");
  assert.deepEqual(proposals.slice(3), [{ command: release.command, refuse: undefined }]);
  assert.deepEqual(heard, []);
});

test("who came with a token that is revoked is told so and put out, and nobody else is", () => {
  let isRevoked = false;
  const { heard, gateway } = openSoftvisio({ admits: () => !isRevoked });
  gateway.review();
  assert.deepEqual(heard, []);
  isRevoked = true;
  gateway.review();
  assert.deepEqual(heard, [
    '{"jsonrpc":"2.0","method":"/publish","params":["sessionDelete"]}',
    "closed with 1008",
  ]);
});
