import assert from "node:assert/strict";
import { createWorld, type Peer } from "../../test/conformance/nexus/world.ts";
import { campaignBySeed } from "../campaigns/by-seed.ts";
import type { Campaign } from "../campaigns/campaign.ts";
import { damaged } from "../damage.ts";
import { createRandom, type Random } from "../history/random.ts";
import { nextTurn } from "../next-turn.ts";
import { assertUnpolluted } from "./unpolluted.ts";

function call(method: string, params: unknown, id: unknown = 1): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

const calls = [
  call("sys.ping", {}),
  call("sys.version", {}),
  call("sys.watchdog", 20),
  call("sys.login", { user: "amy", pass: "pass" }, "x"),
  call("sync.lock", { lock: "__proto__.a" }, [1, { a: null }]),
  call("sync.unlock", { lock: "a.b" }, 1.5),
  call("sync.list", { prefix: "a", depth: 1, filter: "^a", limit: 5, skip: 1 }),
  call("pipe.create", { len: 10 }),
  call("pipe.read", { pipeid: "p", max: 2, timeout: 0.5 }),
  call("pipe.write", { pipeid: "p", msg: { constructor: "ä 🔑" }, multi: false }),
  call("topic.pub", { topic: "c.news", msg: [1, "\n", { a: 1e300 }] }),
  call("user.create", { user: "bob", pass: "secret" }),
  call("user.setTags", {
    user: "bob",
    prefix: "__proto__",
    tags: { __proto__: 1, "@admin": true },
  }),
  call("user.getEffectiveTags", { user: "amy", prefix: "a.b" }),
  call("user.addBlacklist", { user: "bob", ip: "192.0.*" }),
  '{"id":9007199254740993,"method":"sys.ping","method":"sys.version","__proto__":{"method":"a"}}',
] as const;

/**
 * docs/protocols/nexus.md, sections 3 and 4: each value has one answer at most, each answer is well-formed, and the
 * connection goes on or ends with a reason. What was asked leaves nothing but users. Without a fault it does not matter
 * how the bytes arrive.
 */
export const nexusFuzz: Campaign = campaignBySeed("fuzz-nexus", async (seed, add) => {
  add({ streams: 1 });
  const random = createRandom(seed);
  const count = 1 + random.below(3);
  const whole = Array.from({ length: count }, () => `${random.pick(calls)}\r\n`).join("");
  const bytes = damaged(Buffer.from(whole), random);
  const context = JSON.stringify(String(bytes));
  const atOnce = await heardOf([bytes], context);
  const inPieces = await heardOf(cut(bytes, random), context);
  if (![...atOnce, ...inPieces].some((line) => line.includes('"code":-32700'))) {
    // Answers come as soon as they are known.
    assert.deepEqual(inPieces.toSorted(), atOnce.toSorted(), context);
  }
  assertUnpolluted();
});

/** What a client hears that sends the pieces, and leaves. */
async function heardOf(pieces: readonly Buffer[], context: string): Promise<readonly string[]> {
  const world = createWorld();
  const peer = await world.connectAs("amy", { "@admin": true });
  for (const piece of pieces) peer.send(piece);
  await nextTurn();
  const heard = peer.heard();
  for (const line of heard) assert.match(line, goodLine, context);
  await assertGoesOn(peer, heard, context);
  peer.leave();
  await nextTurn();
  const { sessions, locks } = world.state;
  assert.equal(sessions.open.size + locks.grantedCount + world.pipeCount(), 0, context);
  return heard;
}

const goodLine =
  /^(\{"jsonrpc":"2\.0","id":.+,("result":.+|"error":\{"code":-\d+,"message":".+\})\}|end: .*)$/s;

/** A call on the next line is done, unless the connection has ended, or a value or a wait has no end yet. */
async function assertGoesOn(peer: Peer, heard: readonly string[], context: string): Promise<void> {
  if (heard.at(-1)?.startsWith("end: ")) return;
  const closers = '"}]}]}]}\r\n';
  peer.send(`\r\n${closers}`, '{"id":"last","method":"sys.ping"}\r\n');
  await nextTurn();
  const lines = peer.heard();
  const isAnswered = lines.some((line) => line.includes('"id":"last"'));
  assert.ok(isAnswered || isUnfinished(lines), `${context}, then ${lines.join()}`);
}

/** Nothing was answered, or the connection has ended: the bytes are the beginning of a long value. */
function isUnfinished(lines: readonly string[]): boolean {
  return lines.length === 0 || lines.some((line) => line.startsWith("end: "));
}

function cut(bytes: Buffer, random: Random): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + 1 + random.below(random.pick([1, 8, 64])));
    pieces.push(bytes.subarray(from, to));
    from = to;
  }
  return pieces;
}
