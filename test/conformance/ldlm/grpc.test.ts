/** The stories of this folder before the protocol, without a socket. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CallOutcome } from "../../../testing/ldlm-client.ts";
import { type LdlmMethod, pathOf, readAnswer, requestBytes } from "../../../testing/ldlm-proto.ts";
import { grpcStories } from "./grpc.cases.ts";
import type { Ask } from "./grpc-case.ts";
import { play, type Stage } from "./grpc-stage.ts";
import {
  createGrpcWorld,
  type GrpcCall,
  type GrpcConnection,
  type GrpcWorld,
} from "./grpc-world.ts";

describe("LDLM over gRPC", () => {
  for (const story of grpcStories) {
    test(story.title, () => play(story, stageOn(createGrpcWorld(story.flags))));
  }
});

function stageOn(world: GrpcWorld): Stage {
  const connections = new Map<string, GrpcConnection>();
  const waiting = new Map<string, { readonly call: GrpcCall; readonly method: Ask["method"] }>();
  let cookie: string | undefined;

  function connectionNamed(name: string): GrpcConnection {
    const connection = connections.get(name) ?? world.connect();
    connections.set(name, connection);
    return connection;
  }

  function waitingCall(name: string) {
    const found = waiting.get(name);
    assert.ok(found !== undefined, `no call ${name}`);
    return found;
  }

  return {
    async ask({ on, method, request, metadata, as }) {
      const isPath = method.startsWith("/");
      const path = isPath ? method : pathOf(method as LdlmMethod);
      const bytes =
        request instanceof Uint8Array
          ? request
          : requestBytes(isPath ? "Lock" : (method as LdlmMethod), request);
      const call = connectionNamed(on).call(path, { messages: [bytes], metadata });
      if (call.ends.length > 0) return outcomeOf(call, method);
      waiting.set(as, { call, method });
      return "waits";
    },
    async hear(name) {
      const { call, method } = waitingCall(name);
      return outcomeOf(call, method);
    },
    async cancel(name) {
      waitingCall(name).call.cancel();
    },
    async leave(name) {
      connectionNamed(name).end();
      connections.delete(name);
    },
    pass: world.pass,
    async rest(path, fields) {
      cookie ??= await openSession(world);
      const body = Buffer.from(JSON.stringify(fields));
      const request = { ...ofPost, path, headers: { cookie }, body };
      return JSON.parse((await world.http(request)).body);
    },
  };
}

const ofPost = {
  method: "POST",
  query: "",
  isEncrypted: false,
  remoteAddress: "192.0.2.1",
} as const;

async function openSession(world: GrpcWorld): Promise<string> {
  const body = Buffer.of();
  const request = { ...ofPost, path: "/session", headers: {}, body };
  const { headers } = await world.http(request);
  return headers["Set-Cookie"]?.split(";")[0] ?? "";
}

function outcomeOf({ ends }: GrpcCall, method: Ask["method"]): CallOutcome {
  assert.equal(ends.length, 1, "a call ends once");
  const { status, message, metadata = {} } = ends[0] ?? assert.fail();
  return {
    code: status.code,
    details: status.message,
    ...(message && { message: readAnswer(method as LdlmMethod, Buffer.from(message)) }),
    metadata,
  };
}
