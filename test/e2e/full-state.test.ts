/** A state within its budget always starts: a small heap is filled to the brim, and the server killed. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { concurrently } from "../../testing/concurrently.ts";
import { type LdlmSession, openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { untilFigure } from "../../testing/operator.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

/** Of the old generation; the state gets a third of it. */
const heapMiB = 64;
/** The longest that Locktopus can express, and its lock outlives the connection by that. */
const forsaken = "namespace=full&abandon-timeout-ms=2147483647000";

test("a server whose state is full is killed, and has it all again, also from a snapshot", async (t) => {
  using folder = createTemporaryFolder();
  const data = join(folder.path, "data");
  const start = (...more: readonly string[]): Promise<LiveServer> => {
    const environment = { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` };
    // All clients of this test have one address.
    const limits = ["--limits-state-bytes-per-address-max", "1GiB"];
    return startLiveServer({
      folder: folder.path,
      argv: ["--data", data, ...limits, ...more],
      environment,
    });
  };

  await using server = await start();
  const last = await fillToTheBrim(server);
  const held = await figureOf(server, "holdfast_locks_held");
  const bytes = await figureOf(server, "holdfast_state_bytes");
  const bytesMax = await figureOf(server, "holdfast_state_bytes_max");
  assert.equal(bytesMax, Math.floor((heapMiB * 2 ** 20) / 3));
  assert.ok(bytes > 0.97 * bytesMax && bytes <= bytesMax, `${bytes} of ${bytesMax} bytes`);
  // What gives back, and what renews, goes on.
  assert.equal((await last.session.renew(last.name, last.key, 3600)).locked, true);
  await server[Symbol.asyncDispose]();

  await using again = await start("--snapshot-every", "4KiB");
  assert.equal(await figureOf(again, "holdfast_locks_held"), held);
  assert.equal(
    (await last.session.at(again.port).lock("more")).locked,
    true,
    "the waiters are gone",
  );
  assert.equal((await last.session.at(again.port).unlock(last.name, last.key)).unlocked, true);
  await again.process.logged("snapshot written");
  await again[Symbol.asyncDispose]();

  await using third = await start();
  assert.ok(Number((await third.process.logged("recovered")).snapshotIndex) > 0);
  assert.equal(await figureOf(third, "holdfast_locks_held"), held);
  t.diagnostic(`${held} locks, ${bytes} of ${bytesMax} bytes`);
});

interface HeldLock {
  readonly session: LdlmSession;
  readonly name: string;
  readonly key: string;
}

/** Fills the state with all that is dear, until not even a small lock has room; returns one that was granted. */
async function fillToTheBrim(server: LiveServer): Promise<HeldLock> {
  assert.ok(await forsake(server, "first", widest));
  await queueUp(server, "first");
  await openSessions(server, 300);
  const session = await openLdlmSession(server.port);
  await leaveSlots(session, 50);
  const last = await takeLocks(session, 300);
  for (const size of [widest, { claims: 16, depth: 63 }, { claims: 1, depth: 32 }, smallest]) {
    const name = `held-${size.claims}-${size.depth}`;
    for (let place = 0; await forsake(server, `${name}-${place}`, size); ) place += 1;
  }
  // A flood of sessions makes room for itself only.
  const before = await figureOf(server, "holdfast_sessions");
  await openSessions(server, 100);
  assert.ok((await figureOf(server, "holdfast_sessions")) < before + 5);
  const { locked, error } = await session.lock("one more", { lock_timeout_seconds: 3600 });
  assert.equal(locked, false);
  assert.match(error?.message ?? "", /the state has at most \d+ bytes/);
  return last;
}

/** A request whose client is gone as soon as it has the lock; `false` when there is no room for it. */
async function forsake({ port }: LiveServer, name: string, size: Size): Promise<boolean> {
  const peer = await connectLocktopus(port, forsaken);
  peer.send(request(name, size));
  const answer = await peer.hear().catch(() => undefined);
  peer.drop();
  await peer.closed;
  return answer?.state === "acquired";
}

/** Another waits for one of these; its connection stays until the kill. */
async function queueUp({ port }: LiveServer, name: string): Promise<void> {
  const peer = await connectLocktopus(port, forsaken);
  peer.send(request(name, widest));
  assert.equal((await peer.hear()).state, "enqueued");
}

interface Size {
  readonly claims: number;
  /** Segments of each path. */
  readonly depth: number;
}

/** As many visits as a request may make. */
const widest: Size = { claims: 48, depth: 63 };
const smallest: Size = { claims: 1, depth: 1 };

function request(name: string, { claims, depth }: Size): string {
  const resources = Array.from({ length: claims }, (_, claim) => ({
    type: "write",
    path: Array.from({ length: depth }, (_, level) => `${name}-${claim}-${level}`),
  }));
  return JSON.stringify({ action: "lock", resources });
}

async function openSessions({ port }: LiveServer, count: number): Promise<void> {
  await concurrently(Array(count).keys(), 32, async () => {
    const response = await fetch(`http://127.0.0.1:${port}/session`, { method: "POST" });
    await response.bytes();
  });
}

/** Names that keep their sizes though nobody has them. */
async function leaveSlots(session: LdlmSession, count: number): Promise<void> {
  await concurrently(Array(count).keys(), 32, async (place) => {
    const name = `${place}`.padEnd(300, "Ж");
    const { key = "" } = await session.lock(name, { size: 3 });
    await session.unlock(name, key);
  });
}

async function takeLocks(session: LdlmSession, count: number): Promise<HeldLock> {
  const granted: HeldLock[] = [];
  await concurrently(Array(count).keys(), 32, async (place) => {
    const name = `lock-${place}`;
    const { locked, key = "" } = await session.lock(name, { lock_timeout_seconds: 3600 });
    if (locked === true) granted.push({ session, name, key });
  });
  const last = granted.at(-1);
  assert.ok(granted.length === count && last !== undefined);
  return last;
}

async function figureOf(server: LiveServer, name: string): Promise<number> {
  return untilFigure(server, name, () => true);
}
