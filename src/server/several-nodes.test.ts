/** Two whole servers on one log: what each does for the clients of the other. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { askSocket } from "../../testing/admin-client.ts";
import { openLdlmSession } from "../../testing/ldlm-session.ts";
import { load } from "../../testing/load-config.ts";
import { connectLocktopus } from "../../testing/locktopus-peer.ts";
import { createSharedLog } from "../../testing/shared-log.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { type Server, startServer } from "./server.ts";
import { systemWorld, type World } from "./world.ts";

interface Node {
  readonly server: Server;
  readonly port: number;
  readonly adminSocket: string;
}

const folder = createTemporaryFolder();
const log = createSharedLog();
const aTurn = { send: (arrive: () => void) => void setImmediate(arrive) };
let one: Node;
let other: Node;

async function start(node: string): Promise<Node> {
  const adminSocket = join(folder.path, `${node}.sock`);
  const flags = {
    "--data": "memory",
    "--node": node,
    "--listen": "127.0.0.1:0",
    "--admin-socket": adminSocket,
  };
  const world: World = {
    ...systemWorld,
    isLogShared: true,
    openLog: async ({ now }) => log.open({ node, now, toLog: aTurn, toNode: aTurn }),
  };
  const logger = pino({ level: "silent" });
  const server = await startServer(load({ flags }).config, { logger, world });
  return { server, adminSocket, port: server.addresses[0]?.port ?? 0 };
}

before(async () => {
  [one, other] = await Promise.all([start("n1"), start("n2")]);
});

after(async () => {
  await Promise.all([one.server.stop(), other.server.stop()]);
  folder[Symbol.dispose]();
});

const write = (path: string) =>
  JSON.stringify({ action: "lock", resources: [{ type: "write", path: [path] }] });
const query = "namespace=default&abandon-timeout-ms=0";
const release = JSON.stringify({ action: "release" });

test("a lock that was taken at one node is renewed and given back by its key at another", async () => {
  const holder = await openLdlmSession(one.port);
  const { key = "" } = await holder.lock("moved", { lock_timeout_seconds: 60 });
  const stranger = await openLdlmSession(other.port);
  assert.equal((await stranger.lock("moved")).locked, false);
  assert.equal((await stranger.renew("moved", key, 30)).locked, true);
  assert.equal((await holder.at(other.port).renew("moved", key, 30)).locked, true);
  assert.equal((await stranger.unlock("moved", key)).unlocked, true);
  assert.equal((await holder.unlock("moved", key)).unlocked, false);
});

test("who waits at one node gets the lock that is given back at another", async () => {
  const holder = await connectLocktopus(one.port, query);
  const waiter = await connectLocktopus(other.port, query);
  holder.send(write("passed on"));
  assert.equal((await holder.hear()).state, "acquired");
  waiter.send(write("passed on"));
  assert.equal((await waiter.hear()).state, "enqueued");
  holder.send(release);
  assert.equal((await holder.hear()).state, "ready");
  assert.equal((await waiter.hear()).state, "acquired");
  for (const peer of [holder, waiter]) {
    assert.deepEqual(peer.unheard, []);
    peer.close();
    await peer.closed;
  }
});

test("an operator at one node ends a session whose connection is at another", async () => {
  const peer = await connectLocktopus(other.port, query);
  peer.send(write("kicked"));
  await peer.hear();
  const { body } = await askSocket(one.adminSocket, "GET", "/admin/v1/sessions?limit=10");
  const { sessions } = body as { readonly sessions: readonly Record<string, unknown>[] };
  const kicked = sessions.filter(({ api }) => api === "locktopus");
  assert.deepEqual(
    kicked.map(({ node }) => node),
    ["n2"],
  );
  const wish = JSON.stringify({ session: kicked[0]?.session, by: "tester" });
  assert.equal((await askSocket(one.adminSocket, "POST", "/admin/v1/kick", wish)).status, 200);
  await peer.closed;
});

test("a node that starts again takes nothing from the clients of another", async () => {
  const staying = await connectLocktopus(other.port, query);
  staying.send(write("stays"));
  await staying.hear();
  await one.server.stop();
  one = await start("n1");
  const newcomer = await openLdlmSession(one.port);
  assert.equal((await newcomer.lock("stays")).locked, false);
  staying.send(release);
  assert.equal((await staying.hear()).state, "ready");
  staying.close();
  await staying.closed;
});
