/** The real process from its start to its end, as an operator sees it. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { after, describe, test } from "node:test";
import { classicFlags } from "../../testing/classic-ports.ts";
import { runHoldfast } from "../../testing/holdfast-process.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { connectRaw, connectWebSocket, upgradeRequest } from "../../testing/loopback.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { createTlsFiles } from "../../testing/tls-files.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
after(() => folder[Symbol.dispose]());

function start(...argv: readonly string[]): Promise<LiveServer> {
  return startLiveServer({ folder: folder.path, argv });
}

describe("a stop", { concurrency: 2 }, () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`by ${signal} is told to all clients, and what was held stays held`, async () => {
      const data = ["--data", `stopped-by-${signal}`];
      await using server = await start(...data);
      const [holder, waiter, idle, session] = await Promise.all([
        connectLocktopus(server.port, "namespace=default"),
        connectLocktopus(server.port, "namespace=default"),
        connectLocktopus(server.port, "namespace=default"),
        openLdlmSession(server.port),
      ]);
      holder.send(lock("write a"));
      assert.equal((await holder.hear()).state, "acquired");
      waiter.send(lock("write a"));
      assert.equal((await waiter.hear()).state, "enqueued");
      const { key = "" } = await session.lock("b");

      server.process.kill(signal);
      const goodbye = { code: 1001, reason: "server is stopping" };
      for (const peer of [holder, waiter, idle]) assert.deepEqual(await peer.closed, goodbye);
      const { status, stderr } = await server.process.ended;
      assert.equal(status, 0, stderr);
      assert.match(stderr, /"msg":"stopped"/);
      await assert.rejects(connectRaw(server.port), { code: "ECONNREFUSED" });

      await using next = await start(...data);
      const late = await connectLocktopus(next.port, "namespace=default");
      late.send(lock("write a"));
      assert.equal((await late.hear()).state, "enqueued");
      assert.equal((await session.at(next.port).unlock("b", key)).unlocked, true);
    });
  }

  test("lets a request that has begun finish, and says that it was the last", async () => {
    await using server = await start("--data", "memory");
    const client = await connectRaw(server.port);
    client.send("POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{");
    // The answer to the second client tells that the server has seen the first.
    await openLdlmSession(server.port);
    server.process.kill("SIGTERM");
    await server.process.logged("stopping");
    client.send("}");
    const answer = await client.closed();
    assert.match(answer, /^HTTP\/1\.1 201 Created\r\n/);
    assert.match(answer, /\r\nConnection: close\r\n/i);
    assert.equal((await server.process.ended).status, 0);
  });

  test("cuts clients that do not answer, and comes to its end in time", async () => {
    await using server = await start("--data", "memory", "--shutdown-timeout", "300ms");
    const deaf = await connectWebSocket(server.port, "/v1?namespace=default");
    const slow = await connectRaw(server.port);
    slow.send("POST /session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n");
    await openLdlmSession(server.port);
    server.process.kill("SIGTERM");
    await Promise.all([deaf.closed(), slow.closed()]);
    // The server gives itself half a second more than that; when it takes longer, its status is 1.
    const { status, stderr } = await server.process.ended;
    assert.equal(status, 0, stderr);
  });

  test("is cut short by a second signal", async () => {
    await using server = await start("--data", "memory", "--shutdown-timeout", "1h");
    const deaf = await connectWebSocket(server.port, "/v1?namespace=default");
    server.process.kill("SIGINT");
    await server.process.logged("stopping");
    server.process.kill("SIGTERM");
    assert.equal((await server.process.ended).status, "SIGTERM");
    await deaf.closed();
  });
});

describe("a start", { concurrency: 2 }, () => {
  const listeners = ["--listen", ...classicFlags];
  // Some ports open only with TLS.
  const tls = createTlsFiles();
  after(() => tls[Symbol.dispose]());

  for (const taken of listeners) {
    test(`fails in one line when the port of ${taken} is in use, and lets go of the data`, async () => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
      const { port } = other.address() as AddressInfo;
      const data = ["--data", `beside ${taken}`];
      const addresses = listeners.flatMap((flag) => [
        flag,
        `127.0.0.1:${flag === taken ? port : 0}`,
      ]);
      const argv = ["serve", "--classic-ports", ...tls.argv, ...data, ...addresses];
      const { status, stdout, stderr } = await runHoldfast({ argv, folder: folder.path });
      other.close();
      assert.equal(status, 1);
      assert.equal(stdout, "");
      const lines = stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
      assert.equal(lines.length, 1, stderr);
      assert.match(lines[0] ?? "", new RegExp(`^holdfast: .*127\\.0\\.0\\.1:${port}`));
      await using next = await start(...data);
      assert.equal((await fetch(`http://127.0.0.1:${next.port}/readyz`)).status, 200);
    });
  }

  test("on data that a server is using fails at once, and does that server no harm", async () => {
    await using server = await start("--data", "in use");
    const session = await openLdlmSession(server.port);
    const { key = "" } = await session.lock("a");
    const argv = ["serve", "--listen", "127.0.0.1:0", "--data", "in use"];
    const { status, stderr } = await runHoldfast({ argv, folder: folder.path });
    assert.equal(status, 1);
    assert.match(stderr, /^holdfast: .*in use/);
    assert.equal(stderr.split("\n").length, 2, stderr);
    assert.equal((await session.unlock("a", key)).unlocked, true);
  });

  test("with data in memory leaves no file, and begins with nothing", async () => {
    using own = createTemporaryFolder();
    const wishes = { folder: own.path, argv: ["--data", "memory"] };
    await using server = await startLiveServer(wishes);
    const session = await openLdlmSession(server.port);
    assert.equal((await session.lock("a")).locked, true);
    server.process.kill("SIGTERM");
    assert.equal((await server.process.ended).status, 0);
    await using next = await startLiveServer(wishes);
    await assert.rejects(session.at(next.port).lock("a"), /session cookie invalid or expired/);
    assert.equal((await (await openLdlmSession(next.port)).lock("a")).locked, true);
    assert.deepEqual(readdirSync(own.path), []);
  });
});

describe("a stopped process", () => {
  test("gives back the time for which it stood: a lease that would be long over can be renewed", async () => {
    await using server = await start("--data", "stalled");
    await using hourglass = await start("--data", "memory");
    const session = await openLdlmSession(server.port);
    const { key = "" } = await session.lock("a", { lock_timeout_seconds: 2 });
    const peer = await connectLocktopus(server.port, "namespace=default");
    peer.send(lock("write a"));
    assert.equal((await peer.hear()).state, "enqueued");

    server.process.kill("SIGSTOP");
    await leaseRunsOut(hourglass, 8);
    server.process.kill("SIGCONT");

    assert.equal((await session.renew("a", key, 600)).locked, true);
    const figures = await server.figures();
    assert.ok(figures.of("holdfast_time_given_back_seconds_total") >= 7);
    assert.equal(figures.of("holdfast_waiters"), 1);
    assert.deepEqual(peer.unheard, []);
    assert.equal((await session.unlock("a", key)).unlocked, true);
    assert.equal((await peer.hear()).state, "acquired");
  });
});

/** Another server measures the time, so that nothing here need look at a clock. */
async function leaseRunsOut({ port }: LiveServer, seconds: number): Promise<void> {
  const session = await openLdlmSession(port);
  await session.lock("sand", { lock_timeout_seconds: seconds });
  const peer = await connectLocktopus(port, "namespace=default");
  peer.send(lock("write sand"));
  assert.equal((await peer.hear()).state, "enqueued");
  assert.equal((await peer.hear()).state, "acquired");
}

test("a connection that has said nothing yet does not hold up a stop", async () => {
  await using server = await start("--data", "memory", "--shutdown-timeout", "1h");
  const silent = await connectRaw(server.port);
  const undecided = await connectRaw(server.port);
  undecided.send("PRI * HT");
  const half = await connectRaw(server.port);
  half.send(upgradeRequest("/v1?namespace=default").slice(0, 40));
  await openLdlmSession(server.port);
  server.process.kill("SIGTERM");
  await Promise.all([silent.closed(), undecided.closed()]);
  half.socket.destroy();
  assert.equal((await server.process.ended).status, 0);
});
