import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Sent } from "../../../testing/conversing.ts";
import { connectionCases, type Heard } from "./connection.cases.ts";
import { type HeardBy, type Move, type Play, plays } from "./plays.cases.ts";
import { createWorld, type Peer, type World } from "./world.ts";

/** Commits come after so many messages; the answers must not depend on it. */
const batchSizes = [1, 2, 3, Number.POSITIVE_INFINITY];

describe("one connection", () => {
  for (const { see, rule, send, expect } of connectionCases) {
    it(`${see}: ${rule}`, () => {
      for (const batchSize of batchSizes) {
        const world = createWorld();
        const peer = world.connect("namespace=n");
        sendInBatches(world, peer, send, batchSize);
        world.commit();
        assertHeard(peer.heard(), expect, `commits after ${batchSize}`);
      }
    });
  }
});

describe("several connections", () => {
  for (const play of plays) {
    it(`${play.see}: ${play.rule}`, () => {
      for (const batchSize of batchSizes) perform(play, batchSize);
    });
  }
});

function perform({ abandonTimeoutMs = 60_000, moves }: Play, batchSize: number): void {
  const world = createWorld();
  const peers = new Map<string, Peer>();
  for (const [place, move] of moves.entries()) {
    if ("who" in move && !peers.has(move.who)) {
      peers.set(move.who, world.connect(`namespace=n&abandon-timeout-ms=${abandonTimeoutMs}`));
    }
    make(world, peers, move, batchSize);
    assertAllHeard(peers, move.heard, `move ${place + 1}, commits after ${batchSize}`);
  }
}

function make(world: World, peers: ReadonlyMap<string, Peer>, move: Move, batchSize: number): void {
  if ("passMs" in move) {
    world.pass(move.passMs);
    return;
  }
  const peer = peers.get(move.who);
  assert(peer !== undefined);
  if ("sends" in move) sendInBatches(world, peer, move.sends, batchSize);
  else peer.leave();
  world.commit();
}

function sendInBatches(
  world: World,
  peer: Peer,
  frames: readonly (string | Uint8Array)[],
  batchSize: number,
): void {
  for (const [place, frame] of frames.entries()) {
    peer.send(frame);
    if ((place + 1) % batchSize === 0) world.commit();
  }
}

function assertAllHeard(peers: ReadonlyMap<string, Peer>, heard: HeardBy, when: string): void {
  for (const [who, peer] of peers) {
    assertHeard(peer.heard(), heard[who] ?? [], `${who}, ${when}`);
  }
}

function assertHeard(actual: readonly Sent[], expected: readonly Heard[], when: string): void {
  const heard = actual.map((output, place) => asExpected(output, expected[place]));
  assert.deepEqual(heard, expected, when);
}

/** The output in the words of the expectation: itself, or the expectation when that is met. */
function asExpected(output: Sent, expected: Heard | undefined): Heard {
  if (output.type === "close") return { close: output.code, reason: output.reason };
  const isPrefix = typeof expected === "object" && "startsWith" in expected;
  return isPrefix && output.text.startsWith(expected.startsWith) ? expected : output.text;
}
