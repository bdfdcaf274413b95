/** Damaged messages (docs/protocols/locktopus.md, section 3): there is always an answer or an error with its close, never silence. */
import assert from "node:assert/strict";
import { it } from "node:test";
import { lock, release } from "./connection.cases.ts";
import { bytesOf, createWorld } from "./world.ts";

const mutationsPerMessage = 10_000;

const messages: Readonly<Record<string, readonly string[]>> = {
  "a lock": [lock("write a/b", "read c")],
  "a lock of the whole namespace": [lock("write")],
  "a lock with dangerous names": [
    '{"action":"lock","__proto__":{"action":"x"},"resources":[{"type":"r","path":["__proto__","constructor"]}]}',
  ],
  "a release": [lock("write a"), release],
  "a release with fields": [lock("write a"), '{"id":"1","action":"release","resources":[]}'],
};

for (const [name, frames] of Object.entries(messages)) {
  it(`${mutationsPerMessage} damaged forms of ${name} are all answered`, () => {
    const random = randomFrom(7);
    const before = frames.slice(0, -1);
    const last = bytesOf(frames.at(-1) ?? "");
    for (let count = 0; count < mutationsPerMessage; count++) {
      const damaged = mutated(last, random);
      assertAnswered([...before, damaged], before.length);
    }
    assert.deepEqual(Object.getOwnPropertyNames({}), []);
    assert.equal(Reflect.get({}, "action"), undefined);
  });
}

/** To each frame an answer, or at last one error with its close. */
function assertAnswered(frames: readonly (string | Uint8Array)[], goodCount: number): void {
  const world = createWorld();
  const peer = world.connect("namespace=n");
  for (const frame of frames) peer.send(frame);
  world.commit();
  const heard = peer.heard();
  const [answer, end] = heard.slice(goodCount);
  const context = new TextDecoder().decode(bytesOf(frames.at(-1) ?? ""));
  assert(answer?.type === "text", context);
  if (!answer.text.startsWith("communication error: ")) {
    assert.match(
      answer.text,
      /^\{"id":"1","action":"(lock|release)","state":"(acquired|ready)"\}\n$/,
    );
    assert.equal(end, undefined, context);
    return;
  }
  assert.deepEqual(end, { type: "close", code: 3000, reason: "" }, context);
  assert.equal(heard.length, goodCount + 2, context);
}

type Random = (below: number) => number;

/** One to four damages: bytes flipped, lost, doubled, put in, or a piece of the message moved. */
function mutated(message: Uint8Array, random: Random): Uint8Array {
  let bytes = [...message];
  for (let damages = 1 + random(4); damages > 0; damages--) {
    const [from, to] = [random(bytes.length + 1), random(bytes.length + 1)];
    const piece = bytes.slice(Math.min(from, to), Math.max(from, to));
    const kind = random(5);
    if (kind === 0) bytes[from] = random(256);
    else if (kind === 1) bytes.splice(from, 1 + random(4));
    else if (kind === 2) bytes.splice(from, 0, ...piece);
    else if (kind === 3) bytes.splice(from, 0, ...bytesOf(tokens[random(tokens.length)] ?? ""));
    else bytes = [...bytes.slice(0, from), ...piece];
  }
  return Uint8Array.from(bytes);
}

const tokens = [
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  '"',
  "\\",
  "null",
  "1e999",
  "\\u0000",
  '"__proto__":',
];

/** Numbers below a bound, the same ones for a seed; mulberry32. */
function randomFrom(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
