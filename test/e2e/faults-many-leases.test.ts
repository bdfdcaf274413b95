/** As many leases as a session may have end in the same millisecond, while others go on working. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import type { Command, OpenSession } from "../../src/core/command.ts";
import type {
  LockKey,
  Namespace,
  NodeId,
  RequestId,
  RunId,
  SessionId,
  TimeMs,
} from "../../src/core/ids.ts";
import { limitsDefault } from "../../src/core/limits.ts";
import { nodeDisk, openFileLog } from "../../src/log/file/mod.ts";
import { readHistory } from "../../testing/history.ts";
import { type LdlmSession, openLdlmSession } from "../../testing/ldlm-session.ts";
import { assertOnTime, watchMachine } from "../../testing/leases.ts";
import { startLiveServer } from "../../testing/live-server.ts";
import { untilFigure } from "../../testing/operator.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";

const count = limitsDefault.locksPerSessionMax;
const leaseMs = 4000;
const node = "n1" as NodeId;
const owner = "ldlm-owner" as SessionId;

test(`${count} leases that end in one millisecond end on time, and others are served meanwhile`, async (t) => {
  using folder = createTemporaryFolder();
  using machine = watchMachine();
  const data = join(folder.path, "data");
  await prepare(data);
  // The restart protects all leases for the same time, so they end together.
  await using server = await startLiveServer({ folder: folder.path, argv: ["--data", data] });
  const sessions = await Promise.all(Array.from({ length: 4 }, () => openLdlmSession(server.port)));
  let isOver = false;
  const working = sessions.map((session, place) => work(session, `work-${place}`, () => isOver));
  await untilFigure(server, "holdfast_locks_held", (held) => held >= count);
  await untilFigure(server, "holdfast_locks_held", (held) => held <= sessions.length);
  isOver = true;
  const worstMs = Math.max(...(await Promise.all(working)));

  const happenings = await readHistory(data);
  const start = happenings.findLast(({ entry }) => entry.command.type === "start");
  const dueAt = (start?.entry.at ?? 0) + leaseMs;
  const ends = happenings.flatMap(({ entry, effects }) =>
    effects.filter(({ outcome }) => outcome.type === "lease_expired").map(() => entry.at - dueAt),
  );
  assert.equal(ends.length, count);
  const times = [...new Set(ends)];
  for (const lateMs of times) assertOnTime(lateMs, machine);
  const worst = `others waited at most ${Math.round(worstMs)} ms for an answer`;
  t.diagnostic(`the last lease ended ${Math.max(...times)} ms late; ${worst}`);
});

/** A log whose last owner left all of these locks held. */
async function prepare(folder: string): Promise<void> {
  const now = () => Date.now() as TimeMs;
  const log = await openFileLog({
    access: "owner",
    disk: nodeDisk,
    folder,
    now,
    durability: "always",
  });
  await log.append([...beginning(), ...acquires()]);
  await log.close();
}

function beginning(): readonly Command[] {
  const session: OpenSession = {
    type: "open_session",
    node,
    session: owner,
    request: "1" as RequestId,
    api: "ldlm",
    life: { type: "idle", idleMs: 3_600_000 },
    origin: {},
  };
  return [{ type: "start", node, run: "run-1" as RunId, restartGraceMs: leaseMs }, session];
}

function acquires(): readonly Command[] {
  return Array.from({ length: count }, (_, place) => ({
    type: "acquire",
    session: owner,
    request: String(place + 2) as RequestId,
    namespace: "default" as Namespace,
    claims: [{ mode: "slot", path: [`lock-${place}`], size: 1 }],
    waitMs: 0,
    leaseMs,
    key: randomUUID() as LockKey,
  }));
}

/** Takes and gives back a lock until all is over; returns how long the worst answer took, in ms. */
async function work(session: LdlmSession, name: string, isOver: () => boolean): Promise<number> {
  let worstMs = 0;
  async function timed<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    const beganMs = performance.now();
    const answer = await ask();
    worstMs = Math.max(worstMs, performance.now() - beganMs);
    return answer;
  }
  while (!isOver()) {
    const { locked, key = "" } = await timed(() => session.lock(name));
    assert.equal(locked, true);
    assert.equal((await timed(() => session.unlock(name, key))).unlocked, true);
  }
  return worstMs;
}
