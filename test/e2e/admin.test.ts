/** An operator at a terminal, beside the real process; docs/operating/administration.md. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Ended, runHoldfast } from "../../testing/holdfast-process.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { rowsOf } from "../../testing/operator.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock, release } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

function start(data: string, ...argv: readonly string[]): Promise<LiveServer> {
  return startLiveServer({ folder: folder.path, argv: ["--data", data, ...argv] });
}

/** Runs a command where the environment says which data the server has. */
function operate(data: string, ...argv: readonly string[]): Promise<Ended> {
  return runHoldfast({ folder: folder.path, argv, environment: { HOLDFAST_DATA: data } });
}

describe("with one server", { concurrency: false }, () => {
  const data = "one";
  let server: LiveServer;
  before(async () => {
    server = await start(data);
  });
  after(() => server?.[Symbol.asyncDispose]());

  test("an unlock passes the lock of an LDLM client on to a Locktopus waiter behind it", async () => {
    const [session, waiter] = await Promise.all([
      openLdlmSession(server.port),
      connectLocktopus(server.port, "namespace=default"),
    ]);
    assert.equal((await operate(data, "locks")).stdout, "No locks found\n");
    const { key = "" } = await session.lock("orders", { lock_timeout_seconds: 600 });
    waiter.send(lock("write orders"));
    const { id } = await waiter.hear();

    const [holding, waiting] = await rowsOf(operate(data, "locks"));
    const [name, namespace, state, token, owner, api, , left, shownKey] = holding ?? [];
    assert.deepEqual([name, namespace, state, api], ["orders", "default", "holds", "ldlm"]);
    assert.match(token ?? "", /^\d+$/);
    assert.match(owner ?? "", /^ldlm-[\da-f]{32}$/);
    assert.match(left ?? "", /^(10m0s|9m\d+s)$/);
    assert.equal(shownKey, key);
    const { length } = waiting ?? [];
    assert.deepEqual(waiting?.slice(0, 4), ["orders", "default", "waits 1", "-"]);
    assert.deepEqual([waiting?.[5], ...(waiting ?? []).slice(length - 2)], ["locktopus", "-", "-"]);

    const wrong = await operate(data, "unlock", "orders", "wrong");
    assert.deepEqual([wrong.status, wrong.stdout, wrong.stderr], [1, "", "invalid lock key\n"]);
    const done = await operate(data, "unlock", "orders", key);
    assert.deepEqual([done.status, done.stdout, done.stderr], [0, "Unlocked: true\n", ""]);
    assert.deepEqual(await waiter.hear(), { id, action: "lock", state: "acquired" });
    assert.equal((await session.unlock("orders", key)).error?.code, "InvalidLockKey");
    const line = await server.process.logged("an operator took a lock away");
    assert.match(String(line.by), /^[^,]+, process \d+$/);

    waiter.send(release);
    await waiter.hear();
    waiter.close();
    await session.end();
  });

  test("a Locktopus client whose lock is taken away is told, and closed", async () => {
    const holder = await connectLocktopus(server.port, "namespace=blue");
    holder.send(lock("write a/b", "read c"));
    await holder.hear();
    const json = await operate(data, "locks", "--json", "--namespace", "blue");
    const { locks } = JSON.parse(json.stdout);
    assert.deepEqual(locks[0].claims, [
      { mode: "exclusive", path: ["a", "b"] },
      { mode: "shared", path: ["c"] },
    ]);
    const path = ["--namespace", "blue", "--path", '["a","b"]'];
    assert.equal((await operate(data, "unlock", ...path)).stdout, "Unlocked: true\n");
    assert.equal((await holder.closed).code, 3000);
    assert.deepEqual(holder.unheard, ["communication error: the lock was revoked by an operator"]);
    assert.equal((await operate(data, "unlock", ...path)).stderr, doesNotExist);
  });

  test("a session that is ended gives back all, and its client is closed or gets 401", async () => {
    const [peer, session] = await Promise.all([
      connectLocktopus(server.port, "namespace=green"),
      openLdlmSession(server.port),
    ]);
    peer.send(lock("write a"));
    await peer.hear();
    await session.lock("b");
    const { stdout } = await operate(data, "sessions", "--json");
    const origins = JSON.parse(stdout).sessions.map(
      ({ origin }: { origin: { address: string } }) => origin.address,
    );
    assert.deepEqual([...new Set(origins)], ["127.0.0.1"]);
    const rows = await rowsOf(operate(data, "sessions"));
    const listed = rows.map(([, api, , state, , holds, waits]) => [api, state, holds, waits]);
    assert.deepEqual(listed.map(String).sort(), ["ldlm,idle,1,0", "locktopus,connected,1,0"]);
    for (const [id = ""] of rows) {
      assert.equal((await operate(data, "kick", id)).stdout, "Kicked: true\n");
    }
    assert.equal((await peer.closed).code, 3000);
    assert.deepEqual(peer.unheard, ["communication error: ended by an operator"]);
    await assert.rejects(session.lock("b"), /401/);
    assert.equal((await operate(data, "locks")).stdout, "No locks found\n");
    assert.equal((await operate(data, "sessions")).stdout, "No sessions found\n");
    const again = await operate(data, "kick", rows[0]?.[0] ?? "");
    assert.deepEqual([again.status, again.stderr], [1, "a session by that id does not exist\n"]);
  });

  test("no name makes one lock look like two, or like that of another", async () => {
    const [mallory, alice] = await Promise.all([
      openLdlmSession(server.port),
      openLdlmSession(server.port),
    ]);
    const forged = "x\u001b[1A\u001b[2K\nbilling  default  holds  1  alice\r";
    for (const name of [forged, "bill\u200bing", '["billing"]']) await mallory.lock(name);
    const { key = "" } = await alice.lock("billing");
    const { stdout } = await operate(data, "locks");
    assert.match(stdout, /^[ -~\n]+$/);
    assert.equal(stdout.split("\n").length, 1 + 4 + 1);
    assert.equal(stdout.match(/^billing /gm)?.length, 1);
    const listed = JSON.stringify([forged]);
    assert.equal((await operate(data, "unlock", "--path", listed)).stdout, "Unlocked: true\n");
    assert.equal((await alice.unlock("billing", key)).unlocked, true);
    await Promise.all([mallory.end(), alice.end()]);
  });

  test("a listing that is cut says so, and several holders must be told apart", async () => {
    const session = await openLdlmSession(server.port);
    for (let place = 0; place < 3; place++) await session.lock("pool", { size: 3 });
    const cut = await operate(data, "locks", "--limit", "2");
    assert.match(cut.stdout, /\n… and more: give a higher --limit/);
    const several = await operate(data, "unlock", "pool");
    assert.equal(several.status, 1);
    assert.match(several.stderr, /^3 hold that lock; give the KEY or the --token of one/);
    assert.equal(several.stderr.match(/^pool /gm)?.length, 3);
    assert.equal((await operate(data, "unlock", "pool", "--any")).status, 0);
    assert.equal((await rowsOf(operate(data, "locks"))).length, 2);
    await session.end();
  });

  test("what does not exist ends with 1, what is asked wrongly with 2", async () => {
    const unknown = await operate(data, "unlock", "nothing");
    assert.deepEqual([unknown.status, unknown.stderr], [1, doesNotExist]);
    const statuses = await Promise.all(
      [
        ["unlock"],
        ["unlock", "--path", "a"],
        ["unlock", "--path", "[]", "key", "more"],
        ["locks", "--limit", "none"],
        ["kick"],
        ["sessions", "--bogus"],
      ].map(async (argv) => (await operate(data, ...argv)).status),
    );
    assert.deepEqual(statuses, [2, 2, 2, 2, 2, 2]);
    const none = await runHoldfast({
      folder: folder.path,
      argv: ["locks"],
      environment: { HOLDFAST_DATA: "memory" },
    });
    assert.equal(none.status, 2);
  });
});

const doesNotExist = "a lock by that name does not exist\n";

test("a socket that kill -9 has left is replaced, and disturbs nothing that looks at the folder", async () => {
  const data = "killed";
  const socket = join(folder.path, data, "admin.sock");
  await using server = await start(data);
  assert.equal(statSync(socket).mode & 0o7777, 0o600);
  const session = await openLdlmSession(server.port);
  await session.lock("kept");
  server.process.kill("SIGKILL");
  await server.process.ended;
  assert.ok(statSync(socket).isSocket());

  const away = await operate(data, "locks");
  assert.equal(away.status, 1);
  assert.match(
    away.stderr,
    /^holdfast: no server listens on killed\/admin\.sock: it does not run, or/,
  );
  assert.equal((await operate(data, "log", "check")).stdout.endsWith("no problems\n"), true);
  assert.equal((await operate(data, "log", "repair", "--dry-run")).status, 0);
  assert.equal((await operate(data, "backup", "a.backup")).status, 0);

  await using next = await start(data);
  assert.equal(statSync(socket).mode & 0o7777, 0o600);
  const [held] = await rowsOf(operate(data, "locks", "--socket", "killed/admin.sock"));
  assert.equal(held?.[0], "kept");
  assert.equal((await operate(data, "backup", "b.backup")).status, 0);
  next.process.kill("SIGTERM");
  assert.equal((await next.process.ended).status, 0);
  assert.equal(existsSync(socket), false);
});

test("a backup is restored into a folder in which nothing but a socket was left", async () => {
  const data = "restored";
  await using server = await start(data, "--snapshot-every", "4KiB");
  assert.equal((await operate(data, "backup", "c.backup")).status, 0);
  server.process.kill("SIGKILL");
  await server.process.ended;
  const left = join(folder.path, data);
  for (const name of readdirSync(left)) {
    if (name !== "admin.sock") rmSync(join(left, name));
  }
  const restored = await operate(data, "restore", "c.backup");
  assert.equal(restored.status, 0, restored.stderr);
  await using next = await start(data);
  assert.equal((await operate(data, "locks")).status, 0);
  next.process.kill("SIGTERM");
  await next.process.ended;
});

test("a path that is too long is told with its setting, and the server serves", async () => {
  const path = `${"x".repeat(120)}.sock`;
  await using server = await start("long", "--admin-socket", path);
  const warned = /"msg":"adminSocket: the path x+\.sock is too long, 125 bytes where 10[37] fit; /;
  server.process.kill("SIGTERM");
  const { status, stderr } = await server.process.ended;
  assert.equal(status, 0);
  assert.match(stderr, warned);
});

test("there is no socket when it is off, or the data is in memory and none is named", async () => {
  await using off = await start("off", "--admin-socket", "off");
  await using memory = await start("memory");
  assert.equal(existsSync(join(folder.path, "off", "admin.sock")), false);
  assert.equal(existsSync(join(folder.path, "admin.sock")), false);
  await using named = await start("memory", "--admin-socket", "named.sock");
  const listing = await operate("memory", "locks", "--socket", "named.sock");
  assert.equal(listing.stdout, "No locks found\n");
  for (const { process } of [off, memory, named]) process.kill("SIGKILL");
});
