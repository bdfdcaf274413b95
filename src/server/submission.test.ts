import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, type FakeClock } from "../../testing/loopback.ts";
import { createMemoryDisk } from "../../testing/memory-disk/memory-disk.ts";
import { nextTurn } from "../../testing/next-turn.ts";
import { openSmallLog } from "../../testing/small-log.ts";
import { stateAfter } from "../../testing/story/state-after.ts";
import { createState } from "../core/apply.ts";
import type { Command, LockTarget } from "../core/command.ts";
import type { LockKey, Namespace, NodeId, RequestId, RunId, SessionId } from "../core/ids.ts";
import type { FileLog } from "../log/file/owner.ts";
import { Unavailable } from "../log/log.ts";
import { openMemoryLog } from "../log/memory.ts";
import { createReplica, type Replica } from "./replica.ts";
import { createSubmission, submit } from "./submission.ts";
import { createTimekeeper, lagMsMax } from "./timekeeper.ts";

const namespace = "default" as Namespace;
const reserveBytes = 16_384;

interface Setting {
  readonly replica: Replica;
  readonly log: FileLog;
  readonly clock: FakeClock;
  /** Proposes the command and resolves with its outcome, or with `refused`. */
  ask(command: Command): Promise<string>;
  /** Bytes of the log. */
  logBytes(): number;
  freeDisk(): void;
}

/** On a disk that has become full, on which alice holds what was acquired. */
async function onFullDisk(
  acquired: readonly Command[],
  play: (setting: Setting) => Promise<void>,
): Promise<void> {
  const clock = createFakeClock();
  const timekeeper = createTimekeeper({
    wallNowMs: () => 0,
    nowMs: clock.nowMs,
    // Time that the clock jumps over counts, because the process was busy.
    cpuMs: clock.nowMs,
  });
  const disk = createMemoryDisk();
  const log = await openSmallLog(disk, {
    now: timekeeper.now,
    monotonicMs: clock.nowMs,
    segmentBytes: 1_000_000,
    reserveBytes,
  });
  const waiting = new Map<RequestId, (outcome: string) => void>();
  function settle(request: RequestId, outcome: string): void {
    waiting.get(request)?.(outcome);
    waiting.delete(request);
  }
  const deliver: Parameters<typeof createReplica>[0]["deliver"] = ({ request, outcome }) =>
    settle(request, outcome.type === "rejected" ? outcome.code : outcome.type);
  const replica = createReplica({
    ...{ state: createState(), log, timekeeper, clock, deliver, answer: deliver },
    notice() {},
    delivered() {},
  });
  function ask(command: Command): Promise<string> {
    assert.ok("request" in command);
    const outcome = Promise.withResolvers<string>();
    waiting.set(command.request, outcome.resolve);
    replica.propose([command], ({ request }) => settle(request, "refused"));
    return outcome.promise;
  }
  const sizeOf = () => disk.names().reduce((sum, name) => sum + disk.bytesOf(name).length, 0);
  try {
    for (const command of [open("alice"), ...acquired]) await ask(command);
    disk.capacityBytes = sizeOf();
    let taken = "granted";
    for (let place = 0; taken !== "refused"; place += 1)
      taken = await ask(acquire(`more ${place}`));
    assert.equal(log.status().isFull, true);
    await play({
      ...{ replica, log, clock, ask },
      logBytes: () => log.status().files.logBytes,
      freeDisk() {
        disk.capacityBytes = Number.POSITIVE_INFINITY;
      },
    });
  } finally {
    await replica.stop();
    await log.close();
  }
}

let lastRequest = 0;
const session = "alice" as SessionId;

function asked() {
  lastRequest += 1;
  return { session, request: String(lastRequest) as RequestId };
}

function open(name: string): Command {
  const life = { type: "connection", graceMs: 0 } as const;
  const node = "n1" as NodeId;
  const more = { session: name as SessionId, node, api: "test", life, origin: {} };
  return { type: "open_session", ...asked(), ...more };
}

function acquire(name: string, leaseMs?: number): Command {
  return {
    type: "acquire",
    ...asked(),
    namespace,
    key: name as LockKey,
    claims: [{ mode: "exclusive", path: [name] }],
    ...(leaseMs !== undefined && { leaseMs }),
  };
}

function targetOf(name: string): LockTarget {
  return { type: "key", namespace, path: [name], key: name as LockKey };
}

function release(name: string): Command {
  return { type: "release", ...asked(), target: targetOf(name) };
}

function renew(name: string, leaseMs: number): Command {
  return { type: "renew", ...asked(), target: targetOf(name), leaseMs };
}

test("on a full disk releases of nothing are answered, and leave the reserve to others", () =>
  onFullDisk(
    [acquire("held"), acquire("leased", 20_000)],
    async ({ ask, clock, log, logBytes }) => {
      const before = logBytes();
      const useless = Array.from({ length: 5_000 }, (_, place) => ask(release(`nothing ${place}`)));
      assert.deepEqual(new Set(await Promise.all(useless)), new Set(["not_found"]));
      assert.equal(logBytes(), before);
      assert.equal(await ask(release("held")), "released");
      assert.equal(await ask(release("held")), "not_found");
      const { lastIndex } = log.status();
      clock.advance(20_000);
      clock.advance(lagMsMax);
      await appliedTo(log, lastIndex + 1);
      assert.equal(await ask(renew("leased", 20_000)), "not_found");
    },
  ));

test("on a full disk a lock that is released many times at once is stored as released once", () =>
  onFullDisk([acquire("held")], async ({ ask, log }) => {
    const { lastIndex } = log.status();
    const releases = Array.from({ length: 1_000 }, () => ask(release("held")));
    const outcomes = await Promise.all(releases);
    assert.equal(outcomes.filter((outcome) => outcome === "released").length, 1);
    assert.equal(log.status().lastIndex, lastIndex + 1);
  }));

test("on a full disk a lock is renewed four times in a second, and no more", () =>
  onFullDisk([acquire("held", 8_000)], async ({ ask, clock, log }) => {
    const { lastIndex } = log.status();
    for (let passed = 0; passed < 1_000; passed += 25) {
      const outcome = await ask(renew("held", 8_000));
      assert.ok(outcome === "renewed" || outcome === "refused", outcome);
      clock.advance(25);
    }
    assert.equal(log.status().lastIndex, lastIndex + 4);
  }));

test("renewals use half of the reserve at most, and releases leave the last eighth to ticks", () => {
  const names = Array.from({ length: 200 }, (_, place) => `held ${place}`);
  const acquired = names.map((name) => acquire(name, 60_000));
  return onFullDisk(acquired, async ({ ask, clock, logBytes, log, freeDisk }) => {
    const before = logBytes();
    clock.advance(20_000);
    const renewals = await Promise.all(names.map((name) => ask(renew(name, 60_000))));
    assert.ok(renewals.includes("renewed") && renewals.includes("refused"));
    const afterRenewals = logBytes();
    assert.ok(afterRenewals - before <= reserveBytes / 2);

    const releases = await Promise.all(names.map((name) => ask(release(name))));
    assert.ok(releases.includes("released") && releases.includes("refused"));
    assert.ok(logBytes() - before <= (reserveBytes * 7) / 8);
    assert.ok(logBytes() > afterRenewals);

    const { lastIndex } = log.status();
    await log.append([{ type: "tick" }], "reserve");
    assert.equal(log.status().lastIndex, lastIndex + 1);
    freeDisk();
    clock.advance(1_000);
    await appliedTo(log, lastIndex + 2);
    assert.equal(await ask(acquire("new")), "granted");
  });
});

test("on a full disk no tick goes before a start, which protects what came due while the node was down", async () => {
  const state = stateAfter("alice acquire a lease=1s");
  const taken: string[] = [];
  const log = {
    ...openMemoryLog({ now: () => state.at }),
    append(commands: readonly Command[], use?: "reserve") {
      if (use === undefined) return Promise.reject(new Unavailable("disk full", 1000));
      taken.push(...commands.map(({ type }) => type));
      return new Promise<void>(() => {});
    },
  };
  const clock = createFakeClock();
  const timekeeper = createTimekeeper({
    wallNowMs: () => state.at + 10_000,
    nowMs: clock.nowMs,
    cpuMs: () => 0,
  });
  const submission = createSubmission({
    ...{ state, log, timekeeper, clock },
    answer() {},
    answered() {},
  });
  const start = {
    type: "start",
    node: "n1" as NodeId,
    run: "r" as RunId,
    restartGraceMs: 0,
  } as const;
  submit(submission, [{ command: start, refuse: undefined }]);
  await nextTurn();
  assert.equal(taken[0], "start");
});

async function appliedTo(log: FileLog, index: number): Promise<void> {
  for (let turns = 0; log.status().lastIndex < index; turns += 1) {
    assert.ok(turns < 1_000, "the log does not go on");
    await nextTurn();
  }
  await nextTurn();
}
