import assert from "node:assert/strict";
import { test } from "node:test";
import { createFakeClock, type FakeClock } from "../../testing/loopback.ts";
import { nextTurn } from "../../testing/next-turn.ts";
import { createSharedLog } from "../../testing/shared-log.ts";
import { createState } from "../core/apply.ts";
import type { Command } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { LogIndex, Namespace, NodeId, RequestId, SessionId, TimeMs } from "../core/ids.ts";
import { type Log, Unavailable } from "../log/log.ts";
import { openMemoryLog } from "../log/memory.ts";
import { createReplica, type Replica } from "./replica.ts";
import { createSharedTimekeeper } from "./shared-timekeeper.ts";
import { createTimekeeper, lagMsMax } from "./timekeeper.ts";

const direct = { send: (arrive: () => void) => arrive() };

const session = "s" as SessionId;

const open: Command = {
  type: "open_session",
  node: "n1" as NodeId,
  session,
  request: "1" as RequestId,
  api: "test",
  life: { type: "connection", graceMs: 0 },
  origin: {},
};

function acquire(
  request: number,
  { name = "a", ...more }: { name?: string; leaseMs?: number; waitMs?: number } = {},
): Command {
  return {
    type: "acquire",
    session,
    request: String(request) as RequestId,
    namespace: "default" as Namespace,
    claims: [{ mode: "exclusive", path: [name] }],
    ...more,
  };
}

function release(request: number, of: number): Command {
  const target = { type: "request", request: String(of) as RequestId } as const;
  return { type: "release", session, request: String(request) as RequestId, target };
}

function renew(request: number, of: number, leaseMs: number): Command {
  const target = { type: "request", request: String(of) as RequestId } as const;
  return { type: "renew", session, request: String(request) as RequestId, target, leaseMs };
}

interface Setting {
  readonly replica: Replica;
  readonly log: Log;
  readonly clock: FakeClock;
  /** Reads the clock. */
  now(): TimeMs;
  /** Resolves with what was delivered once there are so many effects. */
  effects(count: number): Promise<readonly string[]>;
}

async function withReplica(
  play: (setting: Setting) => Promise<void>,
  wrap: (log: Log) => Log = (log) => log,
  { clock, cpuMs } = { clock: createFakeClock(), cpuMs: () => 0 },
): Promise<void> {
  const timekeeper = createTimekeeper({ wallNowMs: () => 0, nowMs: clock.nowMs, cpuMs });
  const log = wrap(openMemoryLog({ now: timekeeper.now }));
  const delivered: string[] = [];
  let look = () => {};
  function deliver({ request, outcome }: Effect): void {
    const name = outcome.type === "rejected" ? outcome.code : outcome.type;
    delivered.push(`${request} ${name}`);
  }
  const replica = createReplica({
    state: createState(),
    log,
    timekeeper,
    clock,
    deliver,
    answer: deliver,
    notice() {},
    delivered: () => look(),
  });
  const effects = (count: number) =>
    new Promise<readonly string[]>((resolve) => {
      look = () => {
        if (delivered.length >= count) resolve(delivered);
      };
      look();
    });
  try {
    await play({ replica, log, clock, now: timekeeper.now, effects });
  } finally {
    await replica.stop();
    await log.close();
  }
}

test("what is proposed in one turn is applied in that order, as one append", () =>
  withReplica(async ({ replica, log, effects }) => {
    replica.propose([open, acquire(2)]);
    replica.propose([release(3, 2)]);
    assert.deepEqual(await effects(3), ["1 session_opened", "2 granted", "3 released"]);
    assert.equal(log.status().appendsTotal, 1);
  }));

test("a deadline is met without anybody asking", () =>
  withReplica(async ({ replica, clock, effects }) => {
    replica.propose([open, acquire(2, { leaseMs: 20 }), acquire(3, { waitMs: 10 }), acquire(4)]);
    await effects(4);
    clock.advance(10);
    await effects(5);
    clock.advance(10);
    const all = await effects(7);
    assert.deepEqual(all.slice(4), ["3 wait_timeout", "2 lease_expired", "4 granted"]);
  }));

test("a deadline that lies years ahead does not ring before its time", () =>
  withReplica(async ({ replica, log, effects }) => {
    replica.propose([open, acquire(2, { leaseMs: (2 ** 31 - 1) * 1000 })]);
    await effects(2);
    replica.propose([release(3, 2)]);
    await effects(3);
    assert.equal(log.status().lastIndex, 3);
  }));

test("a clock that is behind another node's meets a deadline in the log's time, not in its own", async () => {
  const clock = createFakeClock();
  const ways = { toLog: direct, toNode: direct };
  const shared = createSharedLog();
  const other = shared.open({ node: "n2", now: () => 5000 as TimeMs, ...ways });
  const timekeeper = createSharedTimekeeper({ wallNowMs: () => 0, nowMs: clock.nowMs });
  const log = shared.open({ node: "n1", now: timekeeper.now, ...ways });
  const expired = Promise.withResolvers<void>();
  const replica = createReplica({
    state: createState(),
    log,
    timekeeper,
    clock,
    deliver({ outcome }: Effect) {
      if (outcome.type === "lease_expired") expired.resolve();
    },
    answer() {},
    notice() {},
    delivered() {},
  });
  replica.propose([open, acquire(2, { leaseMs: 6000 })]);
  await replica.applied(2 as LogIndex);
  await other.append([{ type: "tick" }]);
  await replica.applied(3 as LogIndex);
  clock.advance(1000);
  await expired.promise;
  assert.equal(replica.state.at, 6000);
  await replica.stop();
});

/** A process whose timers run only after it was busy, and before it reads its sockets, as those of Node do. */
function busyProcess() {
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();
  let nowMs = 0;
  let cpuMs = 0;
  return {
    cpuMs: () => cpuMs,
    clock: {
      ...createFakeClock(),
      nowMs: () => nowMs,
      after(ms: number, run: () => void) {
        const timer = { dueMs: nowMs + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    pass(how: "idle" | "busy", ms: number) {
      nowMs += ms;
      if (how === "busy") cpuMs += ms;
      for (const timer of [...timers]) {
        if (timer.dueMs <= nowMs && timers.delete(timer)) timer.run();
      }
    },
  };
}

/** A lease of a second of which 100 ms are left when the server gets busy for 140 ms. */
async function withBusyServer(
  play: (setting: Setting & ReturnType<typeof busyProcess>) => Promise<void>,
): Promise<void> {
  const process = busyProcess();
  await withReplica(
    async (setting) => {
      setting.replica.propose([open, acquire(2, { leaseMs: 1000 })]);
      await setting.effects(2);
      process.pass("idle", 900);
      setting.now();
      process.pass("busy", 140);
      await play({ ...setting, ...process });
    },
    (log) => log,
    process,
  );
}

test("a renewal that waits unread while the server is busy beyond the end of the lease comes in time", () =>
  withBusyServer(async ({ replica, effects, pass }) => {
    replica.propose([renew(3, 2, 1000)]);
    assert.deepEqual((await effects(3)).slice(2), ["3 renewed"]);
    // The new lease began when the renewal was read, and not when the server got busy.
    pass("idle", 500);
    pass("idle", 499);
    await nextTurn();
    await nextTurn();
    assert.equal(replica.state.locks.grantedCount, 1);
    pass("idle", 2);
    assert.deepEqual((await effects(4)).slice(3), ["2 lease_expired"]);
  }));

test("a lease that nobody renews ends soon after the server was busy", () =>
  withBusyServer(async ({ effects, pass }) => {
    pass("idle", lagMsMax);
    assert.deepEqual((await effects(3)).slice(2), ["2 lease_expired"]);
  }));

test("`applied` resolves at once for what is applied, and later for what is not", () =>
  withReplica(async ({ replica }) => {
    await replica.applied(0 as LogIndex);
    const second = replica.applied(2 as LogIndex);
    replica.propose([open, acquire(2)]);
    await second;
    assert.equal(replica.state.index, 2);
  }));

/** A log on a full disk: it takes only what gives something back, and that only if it comes alone. */
function fullLog(log: Log, isFull: () => boolean): Log {
  return {
    ...log,
    append(commands) {
      const mayPass = commands.every(({ type }) => type !== "acquire" && type !== "open_session");
      if (!isFull() || mayPass) return log.append(commands);
      return Promise.reject(new Unavailable("disk full", 1));
    },
  };
}

test("on a full disk who asks for more is refused, and what gives back goes through", async () => {
  let isFull = false;
  await withReplica(
    async ({ replica, effects }) => {
      replica.propose([open, acquire(2)]);
      await effects(2);
      isFull = true;
      const refused: string[] = [];
      replica.propose([acquire(3), release(4, 2)], (command, reason) => {
        refused.push(`${command.request} ${reason}`);
      });
      assert.deepEqual((await effects(3)).slice(2), ["4 released"]);
      assert.deepEqual(refused, ["3 disk full"]);
    },
    (log) => fullLog(log, () => isFull),
  );
});

test("on a full disk what gives back goes through however many ask for more meanwhile", async () => {
  let isFull = false;
  let refusals = 0;
  let refuse = () => {};
  await withReplica(
    async ({ replica, effects }) => {
      replica.propose([open, acquire(2)]);
      await effects(2);
      isFull = true;
      // Who is refused asks again at once, so that each turn has somebody who asks for more.
      refuse = () => {
        refusals += 1;
        if (refusals < 100) replica.propose([acquire(10 + refusals)], refuse);
      };
      replica.propose([acquire(3), release(4, 2)], refuse);
      assert.deepEqual((await effects(3)).slice(2), ["4 released"]);
      assert.ok(refusals < 10, `${refusals} were refused before`);
    },
    (log) => fullLog(log, () => isFull),
  );
});

test("on a full disk what gives back goes through as far as there is room, however much comes at once", async () => {
  let room = Number.POSITIVE_INFINITY;
  await withReplica(
    async ({ replica, effects }) => {
      const refused = Promise.withResolvers<void>();
      let refusals = 0;
      const requests = Array.from({ length: 150 }, (_, place) => 2 + place);
      replica.propose([open, ...requests.map((each) => acquire(each, { name: `${each}` }))]);
      await effects(151);
      room = 100;
      for (const request of requests) {
        replica.propose([release(1000 + request, request)], () => {
          refusals += 1;
          if (refusals === 50) refused.resolve();
        });
      }
      await Promise.all([effects(251), refused.promise]);
    },
    (log) => ({
      ...log,
      append(commands) {
        if (commands.length > room) return Promise.reject(new Unavailable("disk full", 1000));
        room -= commands.length;
        return log.append(commands);
      },
    }),
  );
});

for (const { that, command } of [
  { that: "the end of a connection", command: { type: "detach_session", session } },
  { that: "a release that nobody waits for", command: release(3, 2) },
] as const) {
  test(`${that} is proposed again until the log takes it`, async () => {
    let refusals = 3;
    let refused = () => {};
    await withReplica(
      async ({ replica, log, clock }) => {
        refused = () => setImmediate(clock.advance, 1);
        replica.propose([open, acquire(2)]);
        await replica.applied(2 as LogIndex);
        replica.propose([command]);
        await replica.applied(3 as LogIndex);
        assert.equal(replica.state.locks.grantedCount, 0);
        assert.equal(refusals, 0);
        assert.equal(log.status().lastIndex, 3);
      },
      (log) => ({
        ...log,
        append(commands) {
          const isTaken = commands[0]?.type !== command.type || refusals === 0;
          if (isTaken) return log.append(commands);
          refusals -= 1;
          refused();
          return Promise.reject(new Unavailable("disk full", 1));
        },
      }),
    );
  });
}

test("while the log takes nothing at all no lease ends, and it is found out when it does again", async () => {
  let takesNothing = false;
  let refused = () => {};
  await withReplica(
    async ({ replica, log, clock, effects }) => {
      replica.propose([open, acquire(2, { leaseMs: 20 })]);
      await effects(2);
      clock.advance(15);
      takesNothing = true;
      const refusal = new Promise<void>((resolve) => {
        replica.propose([release(3, 2)], () => resolve());
      });
      await refusal;
      for (let tries = 0; tries < 5; tries += 1) {
        const retried = new Promise<void>((resolve) => {
          refused = () => setImmediate(resolve);
        });
        clock.advance(10);
        await retried;
      }
      takesNothing = false;
      const found = replica.applied(3 as LogIndex);
      clock.advance(1);
      await found;
      assert.equal(replica.state.locks.grantedCount, 1);
      clock.advance(5);
      assert.deepEqual((await effects(3)).slice(2), ["2 lease_expired"]);
      assert.equal(log.status().lastIndex, 4);
    },
    (log) => ({
      ...log,
      append(commands) {
        if (!takesNothing) return log.append(commands);
        refused();
        return Promise.reject(new Unavailable("disk full", 1));
      },
    }),
  );
});

test("on a full disk that takes ticks but no renewals no lease ends", async () => {
  let isFull = false;
  let refused = () => {};
  await withReplica(
    async ({ replica, clock, effects }) => {
      replica.propose([open, acquire(2, { leaseMs: 500 })]);
      await effects(2);
      isFull = true;
      await new Promise<void>((resolve) => {
        replica.propose([release(3, 2)], () => resolve());
      });
      for (let tries = 0; tries < 5; tries += 1) {
        const retried = new Promise<void>((resolve) => {
          refused = () => setImmediate(resolve);
        });
        clock.advance(1_000);
        await retried;
      }
      assert.equal(replica.state.locks.grantedCount, 1);
      isFull = false;
      clock.advance(1_000);
      await replica.applied(3 as LogIndex);
      clock.advance(500);
      assert.deepEqual((await effects(3)).slice(2), ["2 lease_expired"]);
    },
    (log) => ({
      ...log,
      append(commands) {
        const isTaken = !isFull || commands.every(({ type }) => type === "tick");
        if (isTaken) return log.append(commands);
        refused();
        return Promise.reject(new Unavailable("disk full", 1_000));
      },
      status: () => ({ ...log.status(), isFull }),
    }),
  );
});

test("after a stop nothing is proposed or applied", () =>
  withReplica(async ({ replica, log }) => {
    replica.propose([open]);
    await replica.stop();
    replica.propose([acquire(2)]);
    assert.equal(log.status().lastIndex, 0 as LogIndex);
    assert.equal(replica.state.at, 0 as TimeMs);
  }));
