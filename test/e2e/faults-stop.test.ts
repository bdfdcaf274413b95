/** The server, and then a client, is stopped for longer than its leases, and wakes up again. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type LdlmAnswer, openLdlmSession } from "../../testing/ldlm-session.ts";
import { assertOnTime, leaseOf, watchMachine } from "../../testing/leases.ts";
import { startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus, type LocktopusPeer } from "../../testing/locktopus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());
const machine = watchMachine();
after(() => machine[Symbol.dispose]());

async function waitingFor(port: number, name: string): Promise<LocktopusPeer> {
  const peer = await connectLocktopus(port, "namespace=default");
  peer.send(lock(`write ${name}`));
  assert.equal((await peer.hear()).state, "enqueued");
  return peer;
}

async function assertExpiredAfter(leaseMs: number, data: string, name: string): Promise<void> {
  const { grantedAt, expiredAt } = await leaseOf(join(folder.path, data), name);
  assertOnTime(expiredAt - grantedAt - leaseMs, machine);
}

test("nobody loses a lease because the server was stopped: what was left is left after it", async () => {
  const data = "server-stopped";
  await using server = await startLiveServer({ folder: folder.path, argv: ["--data", data] });
  const session = await openLdlmSession(server.port);
  const { key = "" } = await session.lock("renewed", { lock_timeout_seconds: 3 });
  const outlived = await waitingFor(server.port, "renewed");
  await session.lock("left", { lock_timeout_seconds: 1 });
  const next = await waitingFor(server.port, "left");

  const stoppedMs = 10_500;
  server.process.kill("SIGSTOP");
  await pause(stoppedMs);
  server.process.kill("SIGCONT");

  assert.equal((await session.renew("renewed", key, 600)).locked, true);
  assert.equal((await next.hear()).state, "acquired");
  assert.deepEqual(outlived.unheard, []);
  await assertExpiredAfter(1000, data, "left");
  const line = await server.process.logged("the process stood still; for leases that was no time");
  assert.ok(Number(line.ms) >= stoppedMs, `it was told of ${line.ms} ms`);
  const figures = await server.figures();
  assert.ok(figures.of("holdfast_time_given_back_seconds_total") >= stoppedMs / 1000);
});

test("a client that is stopped while it holds loses its lease on time, and what it says late is refused", async () => {
  const data = "client-stopped";
  await using server = await startLiveServer({ folder: folder.path, argv: ["--data", data] });
  const program = fileURLToPath(new URL("../../testing/ldlm-holder.ts", import.meta.url));
  const holder = spawn(process.execPath, [program, String(server.port), "a", "1"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const answers = createInterface(holder.stdout)[Symbol.asyncIterator]();
    assert.equal((await nextOf(answers)).locked, true);
    holder.kill("SIGSTOP");
    const next = await waitingFor(server.port, "a");
    assert.equal((await next.hear()).state, "acquired");
    await assertExpiredAfter(1000, data, "a");

    holder.kill("SIGCONT");
    holder.stdin.write("\n");
    const late = await nextOf(answers);
    assert.deepEqual([late.unlocked, late.error?.code], [false, "InvalidLockKey"]);
    assert.equal((await server.figures()).of("holdfast_locks_held"), 1);
  } finally {
    holder.kill("SIGKILL");
  }
});

async function nextOf(lines: AsyncIterator<string>): Promise<LdlmAnswer> {
  const { value } = await lines.next();
  assert.ok(value !== undefined, "the client has ended");
  return JSON.parse(value);
}
