import assert from "node:assert/strict";
import { createMessageReader, withPrefix } from "../../src/protocols/grpc/mod.ts";
import {
  createGrpcWorld,
  type GrpcCall,
  type GrpcConnection,
  type GrpcWorld,
} from "../../test/conformance/ldlm/grpc-world.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { damaged } from "../damage.ts";
import { createRandom, type Random } from "../history/random.ts";
import { pathOf, requestBytes } from "../ldlm-proto.ts";
import { assertUnpolluted } from "./unpolluted.ts";

const key = "15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5";

const calls: readonly [Call, ...Call[]] = [
  {
    path: pathOf("Lock"),
    message: requestBytes("Lock", {
      name: "My lock",
      wait_timeout_seconds: 5,
      size: 2,
      lock_timeout_seconds: 120,
    }),
  },
  { path: pathOf("Lock"), message: requestBytes("Lock", { name: "ключ 🔑", size: -1 }) },
  { path: pathOf("TryLock"), message: requestBytes("TryLock", { name: "My lock", size: 2 }) },
  { path: pathOf("Unlock"), message: requestBytes("Unlock", { name: "My lock", key }) },
  {
    path: pathOf("Renew"),
    message: requestBytes("Renew", { name: "My lock", key, lock_timeout_seconds: 2147483647 }),
  },
  { path: "/grpc.health.v1.Health/Check", message: Buffer.from("\x0a\x09ldlm.LDLM", "latin1") },
  {
    path: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    message: Buffer.from("\x22\x09ldlm.LDLM", "latin1"),
  },
];

interface Call {
  readonly path: string;
  readonly message: Buffer;
}

const bytesMax = 1024;

/**
 * docs/protocols/ldlm.md, sections 2.1 and 2.3: whatever the bytes of a call, and in whatever pieces they come,
 * it ends once; or it waits, until it is cancelled.
 */
export const ldlmGrpcFuzz: Campaign = campaignBySeed("fuzz-ldlm-grpc", (seed, add) => {
  add({ requests: 1 });
  const random = createRandom(seed);
  const { path, message } = random.pick(calls);
  const isInside = random.chance(0.6);
  const frame = isInside
    ? withPrefix(damaged(message, random))
    : damaged(withPrefix(message), random);
  const context = `${path} with ${frame.toString("hex")}`;
  const messages = messagesOf(frame, random);
  if (messages === undefined) return;
  const { world, connection } = placeOf(seed);
  const call = connection.call(path, { messages });
  const { waiters } = world.figures();
  if (call.ends.length === 0) {
    assert.equal(waiters, 1, `${context} has no answer and waits for nothing`);
    call.cancel();
    assert.equal(world.figures().waiters, 0, `${context} does not leave the line`);
    assert.equal(call.ends.length, 0, context);
  } else {
    assert.equal(waiters, 0, `${context} waits although it is answered`);
    assertSane(call, context);
  }
  assertUnpolluted();
});

/** `undefined`: the frames themselves are refused, or do not end. */
function messagesOf(frame: Buffer, random: Random): readonly Uint8Array[] | undefined {
  const reader = createMessageReader(bytesMax);
  const messages: Uint8Array[] = [];
  for (let at = 0; at < frame.length; ) {
    const chunk = frame.subarray(at, at + 1 + random.below(20));
    at += chunk.length;
    const read = reader.read(chunk);
    if ("code" in read) {
      assert.ok(read.code === 8 || read.code === 13, `status ${read.code}`);
      return undefined;
    }
    messages.push(...read.map((bytes) => Buffer.from(bytes)));
  }
  return reader.isWithin ? undefined : messages;
}

const statuses: ReadonlySet<number> = new Set([0, 5, 13]);

function assertSane({ ends }: GrpcCall, context: string): void {
  assert.equal(ends.length, 1, `${context} ends ${ends.length} times`);
  const { code, message } = ends[0]?.status ?? assert.fail();
  assert.ok(statuses.has(code), `${context} ends with ${code} ${message}`);
}

interface Place {
  readonly world: GrpcWorld;
  readonly connection: GrpcConnection;
}

/** A new one now and then: what a session has taken is not to become a limit. */
const seedsPerPlace = 500;
let place: Place | undefined;

function placeOf(seed: number): Place {
  if (place === undefined || seed % seedsPerPlace === 0) {
    const world = createGrpcWorld();
    place = { world, connection: world.connect() };
  }
  return place;
}
