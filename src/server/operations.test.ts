/** Operators and their tools get answers from a server whose clients have taken everything they can. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { pino } from "pino";
import { askSocket } from "../../testing/admin-client.ts";
import { connectRaw, connectWebSocket } from "../../testing/loopback.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { loadConfig } from "./config.ts";
import { type Server, startServer } from "./server.ts";

const folder = createTemporaryFolder();
const socketPath = join(folder.path, "admin.sock");
const portOf = (name: string) =>
  server.addresses.find((address) => address.name === name)?.port ?? Number.NaN;
let server: Server;

before(async () => {
  const { config } = loadConfig({
    flags: {
      "--data": folder.path,
      "--listen": "127.0.0.1:0",
      "--operations-listen": "127.0.0.1:0",
      "--limits-sessions-max": "1",
      "--limits-connections-max": "1",
    },
    environment: {},
    readFile: () => "",
  });
  server = await startServer(config, { logger: pino({ level: "silent" }) });
});
after(async () => {
  await server.stop();
  folder[Symbol.dispose]();
});

function get(port: number, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } });
}

const pages = ["/", "/healthz", "/readyz", "/metrics"];

test("the port for operators has their pages and nothing else", async () => {
  const port = portOf("operations");
  for (const path of pages) assert.equal((await get(port, path)).status, 200);
  for (const path of ["/v1", "/stats", "/v1/lock", "/api/", "/schema"]) {
    assert.equal((await get(port, path)).status, 404, path);
  }
  const client = await connectRaw(port);
  client.send("{}\n");
  assert.match(await client.closed(), /not served on this port/);
  const session = connect(`http://127.0.0.1:${port}`);
  const call = session.request({
    ...{ ":method": "POST", ":path": "/ldlm.LDLM/Lock", "content-type": "application/grpc" },
  });
  const head = await new Promise<Record<string, unknown>>((resolve) => {
    call.on("response", resolve);
  });
  assert.equal(head["grpc-status"], "12");
  session.close();
});

test("at the caps of connections and sessions every page and command is answered", async () => {
  const main = portOf("main");
  const opened = await fetch(`http://127.0.0.1:${main}/session`, {
    ...{ method: "POST", headers: { connection: "close" } },
  });
  assert.equal(opened.status, 201);
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const body = JSON.stringify({ name: "a" });
  const locked = await fetch(`http://127.0.0.1:${main}/v1/lock`, {
    ...{ method: "POST", headers: { connection: "close", cookie }, body },
  });
  assert.equal(((await locked.json()) as { locked?: boolean }).locked, true);
  const client = await connectWebSocket(main, "/v1?namespace=default");

  const refused = await get(main, "/stats?namespace=default");
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get("retry-after") ?? "", /^[1-5]$/);
  for (const port of [main, portOf("operations")]) {
    for (const path of pages) assert.equal((await get(port, path)).status, 200, path);
  }
  const metrics = await (await get(main, "/metrics")).text();
  assert.match(metrics, /^holdfast_sessions 1$/m);
  assert.match(metrics, /^holdfast_connections\{listener="main"\} 1$/m);

  const listed = await askSocket(socketPath, "GET", "/admin/v1/sessions");
  const { sessions } = listed.body as { readonly sessions: readonly { session: string }[] };
  assert.equal(sessions.length, 1);
  const locks = await askSocket(socketPath, "GET", "/admin/v1/locks");
  assert.equal((locks.body as { readonly locks: unknown[] }).locks.length, 1);
  const by = "test";
  const unlock = JSON.stringify({ path: ["a"], by });
  assert.equal((await askSocket(socketPath, "POST", "/admin/v1/unlock", unlock)).status, 200);
  for (const { session } of sessions) {
    const kick = JSON.stringify({ session, by });
    assert.equal((await askSocket(socketPath, "POST", "/admin/v1/kick", kick)).status, 200);
  }
  client.socket.destroy();
});
