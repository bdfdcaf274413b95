import assert from "node:assert/strict";
import { test } from "node:test";
import { converse } from "../../../testing/conversing.ts";
import { openIdentity } from "../../../testing/open-identity.ts";
import type { LockKey, Namespace, NodeId, RequestId, SessionId } from "../../core/ids.ts";
import type { MessageConversation } from "../conversation.ts";
import type { HttpRequest } from "../protocol.ts";
import { createSoftvisio } from "./softvisio.ts";

function open(): MessageConversation {
  let requests = 0;
  const softvisio = createSoftvisio({
    node: "n1" as NodeId,
    namespace: "default" as Namespace,
    restartGraceMs: 0,
    waitersMax: 10,
    nameBytesMax: 100,
    jsonDepthMax: 10,
    allowedOrigins: [],
    identity: openIdentity,
    newKey: () => "key" as LockKey,
    isTaken: () => false,
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => "s1" as SessionId,
  });
  const request = { path: "/api/", headers: {} } as Partial<HttpRequest> as HttpRequest;
  const begin = softvisio.upgrade(request);
  assert.ok(typeof begin === "function");
  return begin();
}

function message(method: string, params: readonly unknown[], id?: number) {
  const data = Buffer.from(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
  return { data, kind: "text" } as const;
}

test("the withdrawal of an aborted call is owed to the log when the log refuses it at first", () => {
  const connection = converse(open());
  connection.receive(message("/v1/mutexes/lock", ["m"], 1));
  const [withdrawal] = connection.receive(message("/abort", [1])).commands;
  assert.ok(withdrawal?.type === "release");
  const refused = connection.refuse(withdrawal.request, "the disk is full");
  assert.deepEqual(refused, { commands: [], owed: [withdrawal], output: [] });
});
