/** What tests need that are no rows. */
import assert from "node:assert/strict";
import type { LockKey } from "../../../src/core/ids.ts";
import type { Sent } from "../../../testing/conversing.ts";
import { call, type Heard, methods } from "./case.ts";
import type { Peer, World } from "./world.ts";

export const lock = (id: unknown, mutex = "m") => call(id, methods.lock, mutex);
export const tryLock = (id: unknown) => call(id, methods.tryLock, "m");
export const unlock = (id: unknown, lockId: string) => call(id, methods.unlock, "m", lockId);
export const isLocked = (id: unknown) => call(id, methods.isLocked, "m");

/** The lock id that the world gives to its n-th lock. */
export function keyOf(place: number): LockKey {
  return `0000beef-0000-4000-8000-${String(place).padStart(12, "0")}` as LockKey;
}

export function granted(id: unknown, place: number, token: number): string {
  const result = {
    status: 200,
    status_text: "OK",
    exception: false,
    data: keyOf(place),
    meta: { token },
  };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** Its first call has locked `m`. */
export function holder(world: World): Peer {
  const peer = world.connect();
  peer.send(lock(1));
  world.commit();
  assert.deepEqual(heardBy(peer), [granted(1, 1, 1)]);
  return peer;
}

export function heardBy(peer: Peer): readonly Heard[] {
  return peer.heard().map(asHeard);
}

function asHeard(output: Sent): Heard {
  return output.type === "text" ? output.text : { close: output.code, reason: output.reason };
}
