import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { type Command, type Entry, isRequested } from "../../../src/core/command.ts";
import type { Effect } from "../../../src/core/effect.ts";
import type {
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TimeMs,
} from "../../../src/core/ids.ts";
import { createLdlmRest } from "../../../src/protocols/ldlm/rest.ts";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import type { Proof } from "../../../src/server/config.ts";
import { createGatekeeper } from "../../../src/server/identity/identity.ts";
import { converse } from "../../../testing/conversing.ts";
import { createCore } from "../../../testing/engine.ts";
import { createFakeClock } from "../../../testing/loopback.ts";
import type { Settings } from "./case.ts";

/** The protocol over the core, with nothing between them, and a clock that goes when told. */
export interface World {
  send(request: HttpRequest): HttpResponse;
  pass(durationMs: number): void;
}

export function createWorld(settings: Settings): World {
  const core = createCore();
  let index = 0;
  let now = Date.UTC(2026, 0, 2);
  let requests = 0;
  const run = (command: Command): readonly Effect[] => {
    index++;
    const entry: Entry = { index: index as LogIndex, at: now as TimeMs, command };
    return core.apply(entry);
  };
  const gatekeeper = createGatekeeper({
    clock: createFakeClock(),
    apiTokens: { judge: () => undefined, isValid: () => false },
    refusals: { note() {} },
  });
  const rest = createLdlmRest({
    node: "n1" as NodeId,
    nameBytesMax: 1024,
    namespace: "default" as Namespace,
    sessionIdleMs: 600_000,
    waitMsMax: settings.waitMsMax ?? 0,
    identity: gatekeeper.identityFor("ldlm", proofOf(settings)),
    allowedOrigins: settings.allowedOrigins ?? [],
    jsonDepthMax: 64,
    newSecret: () => randomBytes(16).toString("hex"),
    newKey: () => randomUUID() as LockKey,
    hasBodyExtras: settings.hasBodyExtras ?? false,
    wallMsOf: (at) => at,
    now: () => now,
    nextRequest: () => String(++requests) as RequestId,
    nextSession: () => assert.fail("a REST session is named after its secret") as SessionId,
  });
  run({ type: "start", node: "n1" as NodeId, run: "run-1" as RunId, restartGraceMs: 60_000 });
  return {
    send(request) {
      const conversation = converse(rest.begin());
      const { commands, output } = conversation.receive(request);
      const [command] = commands;
      if (command === undefined) return onlyResponse(output);
      assert.ok(commands.length === 1 && isRequested(command));
      const effect = run(command).find((other) => other.request === command.request);
      assert.ok(effect !== undefined, `${command.type} has no outcome`);
      assert.equal(effect.session, command.session);
      return onlyResponse(conversation.deliver(effect).output);
    },
    pass(durationMs) {
      now += durationMs;
    },
  };
}

function proofOf({ password }: Settings): Proof | undefined {
  return password === undefined ? undefined : { type: "password", password };
}

function onlyResponse(output: readonly HttpResponse[]): HttpResponse {
  const [response] = output;
  assert.ok(response !== undefined && output.length === 1);
  return response;
}

/** What an HTTP server makes of the bytes; they must be one whole request. */
export function parseRequest(bytes: Buffer, { isTls }: Settings = {}): HttpRequest {
  const headEnd = bytes.indexOf("\r\n\r\n");
  const [line = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const [method = "", target = ""] = line.split(" ");
  const [path = "", query = ""] = target.split("?");
  const headers = lines.map((header) => {
    const [name = "", ...value] = header.split(":");
    return [name.toLowerCase(), value.join(":").trim()];
  });
  const body = bytes.subarray(headEnd + 4);
  return {
    method,
    path,
    query,
    headers: Object.fromEntries(headers),
    body,
    isEncrypted: isTls === true,
    remoteAddress: "192.0.2.1",
  };
}
