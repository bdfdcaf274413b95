import assert from "node:assert/strict";
import {
  abort,
  call,
  methods,
  noLock,
  publish,
  subscribe,
} from "../../test/conformance/softvisio/case.ts";
import { createWorld, requestOf } from "../../test/conformance/softvisio/world.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { damaged } from "../damage.ts";
import { createRandom } from "../history/random.ts";
import { assertUnpolluted } from "./unpolluted.ts";

/** Each of them has its only answer, whatever comes before and after it. */
const frames = [
  call(1, methods.lock, "__proto__"),
  call(1, methods.tryLock, "m"),
  call(1, methods.isLocked, "m"),
  call(1, methods.unlock, "m", noLock),
  call("x", methods.publish, "c", { name: "e/", users: ["a", 1, null], data: "d" }),
  call(1, "/schema"),
  call(1, "/ping"),
  subscribe("/cluster/c/e/a", "/cluster/c/e/b", "constructor"),
  publish("c", "e/", { users: ["a", "b"] }),
  abort(1),
  `{"jsonrpc":"2.0","__proto__":{"method":"/nope"},"id":1,"method":"${methods.lock}","params":["m"]}`,
] as const;

/**
 * docs/protocols/softvisio.md, section 2: what is no call is ignored, and what is one has one answer at
 * most; the connection goes on, or ends for one of the reasons there are. What was asked leaves nothing.
 */
export const softvisioFuzz: Campaign = campaignBySeed("fuzz-softvisio", (seed, add) => {
  add({ frames: 1 });
  const random = createRandom(seed);
  const frame = damaged(Buffer.from(random.pick(frames)), random);
  const context = JSON.stringify(String(frame));
  const world = createWorld();
  const [peer, other] = [world.connect(), world.connect()];
  other.send(subscribe("/cluster/c/e/a"));
  // A text that came through a socket is valid UTF-8.
  peer.send(frame.toString());
  world.commit();
  const heard = peer.heard();
  assert.ok(heard.length <= 1, `${context} is answered with ${JSON.stringify(heard)}`);
  for (const output of heard) {
    if (output.type === "text") assert.match(output.text, goodAnswer, context);
    else assert.deepEqual(output, tooLong, context);
  }
  for (const output of other.heard()) {
    assert.ok(output.type === "text" && output.text.startsWith(goodEvent), context);
  }

  const body = world.http(requestOf({ target: `/api${methods.publish}`, body: frame.toString() }));
  assert.ok(statuses.has(body.status), `${context} over HTTP has status ${body.status}`);
  assert.match(body.body, goodAnswer, context);

  for (const each of [peer, other]) each.leave();
  world.commit();
  assert.equal(world.state.sessions.open.size + world.state.locks.grantedCount, 0, context);
  assert.equal(world.subscriptions(), 0, context);
  assertUnpolluted();
});

const goodAnswer =
  /^\{"jsonrpc":"2\.0",("id":.+,)?("result":\{"status":200,|"error":\{"code":-\d+,|"method":"\/pong"\})/s;
const goodEvent = '{"jsonrpc":"2.0","method":"/publish","params":["/cluster/c/e/a",';
const tooLong = { type: "close", code: 1008, reason: "a topic has at most 1024 bytes" };
const statuses: ReadonlySet<number> = new Set([200, 400, 404]);
