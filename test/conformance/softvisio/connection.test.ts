import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Sent } from "../../../testing/conversing.ts";
import { type Bindings, filledIn } from "../ldlm/template.ts";
import { abortPlays } from "./aborts.cases.ts";
import { argumentPlays } from "./arguments.cases.ts";
import type { Heard, Move, Play } from "./case.ts";
import { eventPlays } from "./events.cases.ts";
import { framePlays } from "./frames.cases.ts";
import { assertHeard, assertResponse } from "./heard.ts";
import { mutexPlays } from "./mutexes.cases.ts";
import { createWorld, type Peer, requestOf, type World } from "./world.ts";

/** Commits come after so many frames; the answers must not depend on it. */
const batchSizes = [1, 2, 3, Number.POSITIVE_INFINITY];

const chapters = {
  frames: framePlays,
  arguments: argumentPlays,
  mutexes: mutexPlays,
  aborts: abortPlays,
  events: eventPlays,
};

for (const [chapter, plays] of Object.entries(chapters)) {
  describe(chapter, () => {
    for (const play of plays) {
      it(`${play.see}: ${play.rule}`, () => {
        for (const batchSize of batchSizes) perform(play, batchSize);
      });
    }
  });
}

function perform({ moves }: Play, batchSize: number): void {
  const world = createWorld();
  const peers = new Map<string, Peer>();
  const bindings: Bindings = new Map();
  for (const [place, move] of moves.entries()) {
    if ("who" in move && !peers.has(move.who)) peers.set(move.who, world.connect());
    make(world, peers, move, batchSize, bindings);
    for (const [who, peer] of peers) {
      const when = `${who}, move ${place + 1}, commits after ${batchSize}`;
      const isOrdered = !("anyOrder" in move);
      assertHeard(peer.heard().map(asHeard), move.heard[who] ?? [], { bindings, isOrdered, when });
    }
  }
}

function make(
  world: World,
  peers: ReadonlyMap<string, Peer>,
  move: Move,
  batchSize: number,
  bindings: Bindings,
): void {
  if ("asks" in move) {
    assertResponse(world.http(requestOf(move.asks)), move.answer);
    return;
  }
  const peer = peers.get(move.who);
  assert.ok(peer !== undefined);
  if ("leaves" in move) peer.leave();
  else sendInBatches(world, peer, move.sends, batchSize, bindings);
  world.commit();
}

function sendInBatches(
  world: World,
  peer: Peer,
  frames: readonly (string | Uint8Array)[],
  batchSize: number,
  bindings: Bindings,
): void {
  for (const [place, frame] of frames.entries()) {
    peer.send(typeof frame === "string" ? filledIn(frame, bindings) : frame);
    if ((place + 1) % batchSize === 0) world.commit();
  }
}

function asHeard(output: Sent): Heard {
  return output.type === "text" ? output.text : { close: output.code, reason: output.reason };
}
