/** The wall clock jumps by an hour, under the running server and while it is down. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  createWallClock,
  reasonForRealTime,
  type WallClock,
} from "../../testing/faults/wall-clock.ts";
import { readHistory } from "../../testing/history.ts";
import { type LdlmSession, openLdlmSession } from "../../testing/ldlm-session.ts";
import { assertOnTime, leaseOf, watchMachine } from "../../testing/leases.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus, type LocktopusPeer } from "../../testing/locktopus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const skip = reasonForRealTime();
const hourSeconds = 3600;
const machine = watchMachine();
after(() => machine[Symbol.dispose]());

function serveWith({ environment }: WallClock, folder: string): Promise<LiveServer> {
  return startLiveServer({ folder, argv: ["--data", "data"], environment });
}

/** Asks for the lock, and waits for it if need be. */
async function acquire(port: number, name: string): Promise<LocktopusPeer> {
  const peer = await connectLocktopus(port, "namespace=default");
  peer.send(lock(`write ${name}`));
  if ((await peer.hear()).state !== "acquired") {
    assert.equal((await peer.hear()).state, "acquired");
  }
  return peer;
}

/** Looks at the wall clock of the server until it is so far ahead of ours as it should be. */
async function untilAhead(port: number, isSo: (aheadSeconds: number) => boolean): Promise<void> {
  for (;;) {
    const { headers } = await fetch(`http://127.0.0.1:${port}/healthz`);
    const aheadMs = Date.parse(headers.get("date") ?? "") - Date.now();
    assert.ok(!Number.isNaN(aheadMs), "there is no date");
    if (isSo(aheadMs / 1000)) return;
  }
}

test("a jump of the wall clock under the server ends no lease early or late", {
  skip,
}, async () => {
  using folder = createTemporaryFolder();
  const clock = createWallClock(folder.path);
  await using server = await serveWith(clock, folder.path);
  const session = await openLdlmSession(server.port);
  for (const [name, offsetSeconds] of [
    ["forward", hourSeconds],
    ["backward", -hourSeconds],
  ] as const) {
    await session.lock(name, { lock_timeout_seconds: 2 });
    clock.set(offsetSeconds);
    await untilAhead(server.port, (ahead) => Math.sign(offsetSeconds) * ahead > hourSeconds / 2);
    await acquire(server.port, name);
    const { grantedAt, expiredAt } = await leaseOf(join(folder.path, "data"), name);
    assertOnTime(expiredAt - grantedAt - 2000, machine);
  }
});

/** Kills a server while somebody holds the lock `a`, and starts one whose wall clock is off by an hour. */
async function crash(
  folder: string,
  {
    offsetSeconds,
    leaseSeconds,
  }: { readonly offsetSeconds: number; readonly leaseSeconds: number },
): Promise<{ readonly next: LiveServer; readonly session: LdlmSession; readonly key: string }> {
  const clock = createWallClock(folder);
  await using server = await serveWith(clock, folder);
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("a", { lock_timeout_seconds: leaseSeconds });
  server.process.kill("SIGKILL");
  await server.process.ended;
  clock.set(offsetSeconds);
  const next = await serveWith(clock, folder);
  const sign = Math.sign(offsetSeconds);
  await untilAhead(next.port, (ahead) => sign * ahead > hourSeconds / 2);
  return { next, session: session.at(next.port), key };
}

test("with the wall clock an hour back, a restart goes on from the log's time, and leases end", {
  skip,
}, async () => {
  using folder = createTemporaryFolder();
  const { next } = await crash(folder.path, { offsetSeconds: -hourSeconds, leaseSeconds: 1 });
  await using server = next;
  await acquire(server.port, "a");
  const happenings = await readHistory(join(folder.path, "data"));
  const times = happenings.map(({ entry }) => entry.at);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => one - other),
  );
  const restart = happenings.findLast(({ entry }) => entry.command.type === "start");
  const { expiredAt } = await leaseOf(join(folder.path, "data"), "a");
  assertOnTime(expiredAt - (restart?.entry.at ?? 0) - 1000, machine);
});

test("with the wall clock an hour ahead, a restart still gives holders their grace", {
  skip,
}, async () => {
  using folder = createTemporaryFolder();
  const terms = { offsetSeconds: hourSeconds, leaseSeconds: 60 };
  const { next, session, key } = await crash(folder.path, terms);
  await using server = next;
  const stranger = await openLdlmSession(server.port);
  assert.equal((await stranger.lock("a")).locked, false);
  assert.equal((await session.renew("a", key, 60)).locked, true);
});
