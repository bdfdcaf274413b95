/**
 * Clients of Node: client.mjs KIND BASE CA NAME plays the story of LDLM REST (fetch, undici), of Locktopus (web-socket,
 * ws) or of LDLM gRPC (grpc-js). Ends with 0 when all is as it should be, else with 1 and the reason.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [kind = "", base = "", ca = "", name = ""] = process.argv.slice(2);
const webSocketUrl = `${base.replace("http", "ws")}/v1?namespace=field`;
const lock = { action: "lock", resources: [{ type: "write", path: [name] }] };
const patienceMs = 10_000;

async function lockOverRest(ask) {
  let cookie = "";
  async function checked(method, path, body) {
    const headers = { cookie, ...(body && { "content-type": "application/json" }) };
    const answer = await ask(method, path, { headers, body: body && JSON.stringify(body) });
    cookie = answer.cookie?.split(";")[0] ?? cookie;
    return answer;
  }
  assert.equal((await checked("POST", "/session")).status, 201);
  const { body: taken } = await checked("POST", "/v1/lock", { name });
  assert.equal(taken.locked, true);
  assert.equal((await checked("POST", "/v1/lock", { name })).body.locked, false);
  const { body: back } = await checked("POST", "/v1/unlock", { name, key: taken.key });
  assert.equal(back.unlocked, true);
  assert.equal((await checked("DELETE", "/session")).status, 200);
}

/** Node's own fetch trusts what NODE_EXTRA_CA_CERTS names. */
async function askWithFetch(method, path, { headers, body }) {
  const signal = AbortSignal.timeout(patienceMs);
  const response = await fetch(base + path, { method, headers, body: body ?? null, signal });
  const cookie = response.headers.get("set-cookie") ?? undefined;
  return { status: response.status, cookie, body: await response.json() };
}

async function askWithUndici() {
  const { Agent, request } = await import("undici");
  const connect = ca === "" ? {} : { ca: readFileSync(ca) };
  const dispatcher = new Agent({
    connect,
    headersTimeout: patienceMs,
    allowH2: kind === "undici-2",
  });
  return async (method, path, { headers, body }) => {
    const answer = await request(base + path, { method, headers, body: body ?? null, dispatcher });
    const [cookie] = [answer.headers["set-cookie"]].flat();
    return { status: answer.statusCode, cookie, body: await answer.body.json() };
  };
}

async function lockOverWebSocket() {
  const peer = new WebSocket(webSocketUrl);
  const hear = () =>
    new Promise((resolve, reject) => {
      peer.onmessage = ({ data }) => resolve(JSON.parse(data).state);
      peer.onerror = () => reject(new Error("the WebSocket failed"));
      peer.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    });
  await new Promise((resolve, reject) => {
    peer.onopen = resolve;
    peer.onerror = () => reject(new Error("no WebSocket"));
  });
  for (const [message, state] of [
    [lock, "acquired"],
    [{ action: "release" }, "ready"],
  ]) {
    const heard = hear();
    peer.send(JSON.stringify(message));
    assert.equal(await heard, state);
  }
  peer.onclose = null;
  peer.close();
}

async function lockWithWs() {
  const { WebSocket: Client } = await import("ws");
  const peer = new Client(webSocketUrl, ca === "" ? {} : { ca: readFileSync(ca) });
  await once(peer, "open");
  for (const [message, state] of [
    [lock, "acquired"],
    [{ action: "release" }, "ready"],
  ]) {
    peer.send(JSON.stringify(message));
    const [data] = await once(peer, "message");
    assert.equal(JSON.parse(String(data)).state, state);
  }
  peer.close();
}

async function lockWithGrpcJs() {
  const require = createRequire(import.meta.url);
  const grpc = require("@grpc/grpc-js");
  const loader = require("@grpc/proto-loader");
  const proto = new URL("../../../proto/ldlm.proto", import.meta.url).pathname;
  const { ldlm } = grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true }));
  const credentials =
    ca === "" ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(readFileSync(ca));
  const connect = () =>
    new ldlm.LDLM(base.split("://")[1], credentials, { "grpc.use_local_subchannel_pool": 1 });
  const call = (client, method, request) =>
    new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + patienceMs };
      client[method](request, options, (error, answer) =>
        error ? reject(error) : resolve(answer),
      );
    });
  const [holder, other] = [connect(), connect()];
  const taken = await call(holder, "TryLock", { name });
  assert.equal(taken.locked, true, "the lock is free");
  assert.ok(!(await call(other, "TryLock", { name })).locked, "another client gets it, too");
  const back = await call(holder, "Unlock", { name, key: taken.key });
  assert.equal(back.unlocked, true);
  assert.equal((await call(holder, "TryLock", { name })).locked, true, "the lock is free again");
  holder.close();
  const late = await call(other, "Lock", { name, wait_timeout_seconds: 5 });
  assert.equal(late.locked, true, "a lock whose holder is gone stays locked");
  other.close();
}

const kinds = {
  fetch: () => lockOverRest(askWithFetch),
  undici: async () => lockOverRest(await askWithUndici()),
  "undici-2": async () => lockOverRest(await askWithUndici()),
  "web-socket": lockOverWebSocket,
  ws: lockWithWs,
  "grpc-js": lockWithGrpcJs,
};
try {
  await kinds[kind]();
  process.exit(0);
} catch (error) {
  console.error(error.message.split("\n")[0]);
  process.exit(1);
}
