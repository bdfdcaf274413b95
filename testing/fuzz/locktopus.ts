import assert from "node:assert/strict";
import { lock, release } from "../../test/conformance/locktopus/connection.cases.ts";
import { createWorld } from "../../test/conformance/locktopus/world.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { damaged } from "../damage.ts";
import { createRandom } from "../history/random.ts";
import { assertUnpolluted } from "./unpolluted.ts";

/** Whole frames; the last of each is the one that is damaged. */
const talks: readonly [Talk, ...Talk[]] = [
  [lock("write a/b", "read c")],
  [lock("write")],
  [
    '{"action":"lock","__proto__":{"action":"x"},"resources":[{"type":"r","path":["__proto__","constructor"]}]}',
  ],
  [lock("write a"), release],
  [lock("write a"), '{"id":"1","action":"release","resources":[]}'],
];

type Talk = readonly [string, ...string[]];

/** docs/protocols/locktopus.md, section 3: there is an answer, or an error with its close; never silence. */
export const locktopusFuzz: Campaign = campaignBySeed("fuzz-locktopus", (seed, add) => {
  add({ frames: 1 });
  const random = createRandom(seed);
  const talk = random.pick(talks);
  const before = talk.slice(0, -1);
  const frame = damaged(Buffer.from(talk.at(-1) ?? ""), random);
  const world = createWorld();
  const peer = world.connect("namespace=n");
  for (const message of [...before, frame]) peer.send(message);
  world.commit();
  const heard = peer.heard();
  const [answer, end] = heard.slice(before.length);
  const context = `${JSON.stringify(String(frame))} is answered with ${JSON.stringify(answer)}`;
  assert.ok(answer?.type === "text", context);
  if (answer.text.startsWith("communication error: ")) {
    assert.deepEqual(end, { type: "close", code: 3000, reason: "" }, context);
    assert.equal(heard.length, before.length + 2, context);
  } else {
    assert.match(answer.text, goodAnswer, context);
    assert.equal(end, undefined, context);
  }
  assertUnpolluted();
});

const goodAnswer = /^\{"id":"1","action":"(lock|release)","state":"(acquired|ready)"\}\n$/;
