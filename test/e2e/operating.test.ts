/** What the ports of a real server say to operators, to browsers, and to clients of each API. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import {
  classicPortOf,
  classicPorts,
  type LiveServer,
  startLiveServer,
} from "../../testing/live-server.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { lock, release } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
let server: LiveServer;

before(async () => {
  const argv = ["--data", "data", ...classicPorts];
  server = await startLiveServer({ folder: folder.path, argv });
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: "manual" });
}

describe("the main port", () => {
  test("tells that the process lives, and that it takes work", async () => {
    const health = await get(server.port, "/healthz");
    assert.equal(health.status, 200);
    const { status, node, durability } = (await health.json()) as Record<string, unknown>;
    assert.deepEqual(
      { status, node, durability },
      { status: "alive", node: "n1", durability: "always" },
    );
    const readiness = await get(server.port, "/readyz");
    assert.equal(readiness.status, 200);
    assert.equal(((await readiness.json()) as Record<string, unknown>).status, "ready");
  });

  test("greets a terminal with text and a browser with a page of links", async () => {
    const text = await get(server.port, "/", { accept: "*/*" });
    assert.equal(text.headers.get("content-type"), "text/plain; charset=utf-8");
    assert.match(await text.text(), /^Holdfast \d+\.\d+\.\d+\n/);
    const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const page = await get(server.port, "/", { accept });
    assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(page.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    const links = [...(await page.text()).matchAll(/href="([^"]+)"/g)].map(([, link = ""]) => link);
    assert.ok(links.includes("/metrics"));
    const answers = await Promise.all(links.map((link) => get(server.port, link)));
    // The statistics of a namespace that nobody has used are not there.
    assert.deepEqual(
      new Set(answers.map(({ status }) => status)).difference(new Set([200, 404])),
      new Set(),
    );
  });

  test("knows no other paths, and only lets its pages be read", async () => {
    assert.equal((await get(server.port, "/nowhere")).status, 404);
    const posted = await fetch(`http://127.0.0.1:${server.port}/healthz`, { method: "POST" });
    assert.equal(posted.status, 405);
    assert.equal(posted.headers.get("allow"), "GET, HEAD");
  });
});

describe("the metrics", () => {
  test("follow what happens to locks, waiters, sessions and the log", async () => {
    const quiet = await server.figures();
    const peer = await connectLocktopus(server.port, "namespace=metrics&abandon-timeout-ms=0");
    const waiter = await connectLocktopus(server.port, "namespace=metrics");
    const session = await openLdlmSession(server.port);
    peer.send(lock("write a"));
    assert.equal((await peer.hear()).state, "acquired");
    waiter.send(lock("write a"));
    assert.equal((await waiter.hear()).state, "enqueued");
    await session.lock("b");
    await session.lock("b");
    const busy = await server.figures();
    const rise = (name: string, labels = {}) => busy.of(name, labels) - quiet.of(name, labels);

    assert.equal(rise("holdfast_locks_held"), 2);
    assert.equal(rise("holdfast_waiters"), 1);
    assert.equal(rise("holdfast_sessions"), 3);
    assert.equal(rise("holdfast_last_token"), 2);
    assert.equal(rise("holdfast_websockets", { listener: "main" }), 2);
    assert.equal(rise("holdfast_websockets", { listener: "ldlmRest" }), 0);
    assert.equal(rise("holdfast_messages_received_total"), 2);
    assert.equal(rise("holdfast_messages_sent_total"), 2);
    assert.equal(rise("holdfast_operations_total", { api: "locktopus", outcome: "granted" }), 1);
    assert.equal(rise("holdfast_operations_total", { api: "locktopus", outcome: "waiting" }), 1);
    assert.equal(rise("holdfast_operations_total", { api: "ldlm", outcome: "granted" }), 1);
    assert.equal(rise("holdfast_operations_total", { api: "ldlm", outcome: "lock_held" }), 1);
    assert.equal(rise("holdfast_operation_seconds_count", { api: "ldlm" }), 3);
    // Three sessions and four locks.
    assert.equal(rise("holdfast_log_last_index"), 7);
    assert.equal(rise("holdfast_log_batch_commands_sum"), 7);
    assert.ok(rise("holdfast_log_appends_total") > 0);
    assert.ok(rise("holdfast_log_fsyncs_total") > 0);
    assert.ok(rise("holdfast_log_bytes") >= 0);
    assert.equal(busy.of("holdfast_log_durability", { durability: "always" }), 1);
    // The session, the two locks, and the page itself.
    assert.ok(rise("holdfast_http_requests_total", { listener: "main" }) >= 4);
    assert.ok(busy.of("process_resident_memory_bytes") > 0);

    peer.send(release);
    assert.equal((await waiter.hear()).state, "acquired");
    waiter.send(release);
    assert.equal((await waiter.hear()).state, "ready");
    await session.end();
    const calm = await server.figures();
    assert.equal(calm.of("holdfast_locks_held"), quiet.of("holdfast_locks_held"));
    assert.equal(calm.of("holdfast_waiters"), 0);
    assert.equal(calm.of("holdfast_last_token"), busy.of("holdfast_last_token") + 1);
    peer.close();
    waiter.close();
  });

  test("count who was turned away, and why", async () => {
    const refused = async (reason: string) =>
      (await server.figures()).of("holdfast_refused_total", { listener: "main", reason });
    const [requests, handshakes] = [await refused("bad_request"), await refused("origin")];
    const headers = { origin: "https://evil.example" };
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/v1?namespace=n`, { headers });
    await new Promise((resolve) => socket.addEventListener("error", resolve));
    assert.equal(await refused("origin"), handshakes + 1);
    assert.equal(await refused("bad_request"), requests);
  });
});

describe("a classic port", () => {
  test("of Locktopus has the whole path space to itself", async () => {
    const port = await classicPortOf(server, "Locktopus");
    const page = await get(port, "/", { origin: "https://playground.example" });
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("access-control-allow-origin"), "*");
    assert.match(await page.text(), /Locktopus API/);
    assert.equal((await get(port, "//v1?namespace=n")).headers.get("location"), "/v1?namespace=n");
    for (const path of ["/healthz", "/metrics", "/session", "/v1/lock"]) {
      const answer = await get(port, path);
      assert.equal(answer.status, 404);
      assert.equal(await answer.text(), "404 page not found\n");
    }
    const peer = await connectLocktopus(port, "namespace=classic");
    peer.send(lock("write a"));
    assert.equal((await peer.hear()).id, "1");
    const statistics = await get(server.port, "/stats?namespace=classic");
    assert.equal(((await statistics.json()) as Record<string, unknown>).GroupsAcquired, 1);
    peer.close();
  });

  test("of LDLM has the whole path space to itself", async () => {
    const port = await classicPortOf(server, "LDLM REST");
    for (const path of ["/", "/healthz", "/metrics", "/v1?namespace=n", "/stats"]) {
      const answer = await get(port, path);
      assert.equal(answer.status, 401);
      assert.match(await answer.text(), /session cookie not found/);
    }
    await assert.rejects(connectLocktopus(port, "namespace=n"), /404/);
    const [classic, main] = [await openLdlmSession(port), await openLdlmSession(server.port)];
    const { key = "" } = await classic.lock("one space");
    assert.equal((await main.lock("one space")).locked, false);
    assert.equal((await classic.at(server.port).unlock("one space", key)).unlocked, true);
    await Promise.all([classic.end(), main.end()]);
  });
});
