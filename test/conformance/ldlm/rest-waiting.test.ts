/** docs/protocols/ldlm.md, section 4.5: a lock over REST that waits, where the listener allows it. */
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import { openHttp2Client } from "../../../testing/http2-client.ts";
import { startInProcess } from "../../../testing/in-process-server.ts";
import { openLdlmSession } from "../../../testing/ldlm-session.ts";
import { figuresAt } from "../../../testing/live-server.ts";
import { createGrpcWorld } from "./grpc-world.ts";

const flags = { "--ldlm-rest-wait-on": "ldlm,ldlmRest", "--ldlm-rest-wait-max": "30s" };
const name = "orders";

interface RestSession {
  /** `undefined` while there is no answer. */
  ask(method: string, path: string, fields?: object): { readonly answer: HttpResponse | undefined };
  /** The last one that asked hangs up. */
  hangUp(): void;
}

/** Sessions of one world, in which all that can be answered is answered by the end of a turn. */
async function openWorld(given: Readonly<Record<string, string>> = flags) {
  const world = createGrpcWorld(given);

  async function open(): Promise<RestSession> {
    let gone = () => {};
    const client = {
      whenGone(run: () => void) {
        gone = run;
      },
      whenSilent() {},
      charge() {},
      expect() {},
    };
    const { headers } = await world.http(requestOf("POST", "/session", {}));
    const cookie = headers["Set-Cookie"]?.split(";")[0] ?? "";
    return {
      ask(method, path, fields) {
        const asked: { answer: HttpResponse | undefined } = { answer: undefined };
        const body = fields === undefined ? "" : JSON.stringify(fields);
        void Promise.resolve(world.http(requestOf(method, path, { cookie }, body), client)).then(
          (answer) => {
            asked.answer = answer;
          },
        );
        return asked;
      },
      hangUp: () => gone(),
    };
  }

  return { world, holder: await open(), waiter: await open() };
}

function requestOf(method: string, path: string, headers: Record<string, string>, body = "") {
  return {
    method,
    path,
    query: "",
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
    headers,
    body: Buffer.from(body),
  };
}

async function settled(asked: { readonly answer: HttpResponse | undefined }) {
  await new Promise((resolve) => setImmediate(resolve));
  if (asked.answer === undefined) return undefined;
  const { status, headers, body } = asked.answer;
  const token = headers["x-holdfast-token"];
  const end = headers["x-holdfast-lease-until"];
  return { status, ...JSON.parse(body), ...(token && { token }), ...(end && { end }) };
}

const wait = { name, wait_timeout_seconds: 10 };

describe("LDLM REST, section 4.5", () => {
  test("a lock that is held is waited for, and told with its token when it is free", async () => {
    const { holder, waiter } = await openWorld();
    const { key } = await settled(holder.ask("POST", "/v1/lock", { name }));
    const asked = waiter.ask("POST", "/v1/lock", { ...wait, lock_timeout_seconds: 60 });
    assert.equal(await settled(asked), undefined);
    await settled(holder.ask("POST", "/v1/unlock", { name, key }));
    const { key: own, token, end, ...answer } = await settled(asked);
    assert.notEqual(own, key);
    assert.deepEqual(answer, { status: 200, locked: true, name });
    assert.equal(token, "2");
    assert.equal(end, String(Date.UTC(2026, 0, 2) + 60_000));
  });

  test("a wait that is over is told like any other error", async () => {
    const { world, holder, waiter } = await openWorld();
    await settled(holder.ask("POST", "/v1/lock", { name }));
    const asked = waiter.ask("POST", "/v1/lock", wait);
    world.pass(9_999);
    assert.equal(await settled(asked), undefined);
    world.pass(1);
    const { key, ...answer } = await settled(asked);
    const error = { code: "LockWaitTimeout", message: "timeout waiting to acquire lock" };
    assert.deepEqual(answer, { status: 200, locked: false, name, error });
    assert.match(key, /^[0-9a-f-]{36}$/);
  });

  for (const seconds of [undefined, null, 0]) {
    test(`a wait of ${seconds} seconds is none`, async () => {
      const { holder, waiter } = await openWorld();
      await settled(holder.ask("POST", "/v1/lock", { name }));
      const asked = waiter.ask("POST", "/v1/lock", { name, wait_timeout_seconds: seconds });
      assert.equal((await settled(asked))?.locked, false);
    });
  }

  for (const [seconds, message] of [
    [31, "wait timeout must be at most 30 here"],
    [2147483647, "wait timeout must be at most 30 here"],
    [-1, "wait timeout must be greater than 0"],
  ] as const) {
    test(`a wait of ${seconds} seconds is refused, also for a lock that is free`, async () => {
      const { waiter } = await openWorld();
      const fields = { name, wait_timeout_seconds: seconds };
      const answer = await settled(waiter.ask("POST", "/v1/lock", fields));
      const error = { code: "Unknown", message };
      assert.deepEqual(answer, { status: 200, locked: false, name, key: "", error });
    });
  }

  test("where the listener is not named nobody waits", async () => {
    const { holder, waiter } = await openWorld({ "--ldlm-rest-wait-on": "main" });
    await settled(holder.ask("POST", "/v1/lock", { name }));
    const asked = waiter.ask("POST", "/v1/lock", { ...wait, wait_timeout_seconds: "nonsense" });
    assert.equal((await settled(asked))?.locked, false);
  });

  test("a client that hangs up leaves the line", async () => {
    const { world, holder, waiter } = await openWorld();
    const { key } = await settled(holder.ask("POST", "/v1/lock", { name }));
    waiter.ask("POST", "/v1/lock", wait);
    assert.equal(world.figures().waiters, 1);
    waiter.hangUp();
    assert.equal(world.figures().waiters, 0);
    await settled(holder.ask("POST", "/v1/unlock", { name, key }));
    assert.equal(world.figures().held, 0);
  });

  test("the end of the session ends the wait", async () => {
    const { world, holder, waiter } = await openWorld();
    await settled(holder.ask("POST", "/v1/lock", { name }));
    const asked = waiter.ask("POST", "/v1/lock", wait);
    assert.equal((await settled(waiter.ask("DELETE", "/session")))?.status, 200);
    assert.equal((await settled(asked))?.status, 401);
    assert.equal(world.figures().waiters, 0);
  });

  test("a stop of the server ends the wait, and tells when to come again", async () => {
    const { world, holder, waiter } = await openWorld();
    await settled(holder.ask("POST", "/v1/lock", { name }));
    const asked = waiter.ask("POST", "/v1/lock", wait);
    assert.equal(await settled(asked), undefined);
    world.stop();
    const message = "the server is stopping";
    assert.deepEqual(await settled(asked), { status: 503, code: 14, message, details: [] });
    assert.equal(asked.answer?.headers["Retry-After"], "1");
    assert.deepEqual([world.figures().waiters, world.figures().held], [0, 1]);
  });
});

const body = JSON.stringify(wait);

/** Each asks, and returns what hangs up. */
const waysToHangUp = {
  "is killed": async (port: number) => {
    const socket = await waitOverHttp1(port);
    return () => void socket.destroy();
  },
  "resets its connection": async (port: number) => {
    const socket = await waitOverHttp1(port);
    return () => void socket.resetAndDestroy();
  },
  "resets its stream of HTTP/2": async (port: number) => {
    const { stream } = await waitOverHttp2(port);
    return () => stream.close(8);
  },
  "ends its connection of HTTP/2": async (port: number) => {
    const { client } = await waitOverHttp2(port);
    return () => void client.socket.destroy();
  },
} as const;

async function waitOverHttp1(port: number): Promise<Socket> {
  const cookie = await cookieAt(port);
  const socket = connect(port, "127.0.0.1");
  const length = `Content-Length: ${body.length}`;
  const lines = ["POST /v1/lock HTTP/1.1", "Host: localhost", `Cookie: ${cookie}`, length];
  socket.write(`${lines.join("\r\n")}\r\n\r\n${body}`);
  return socket;
}

async function waitOverHttp2(port: number) {
  const cookie = await cookieAt(port);
  const client = openHttp2Client(port);
  const head = { ":method": "POST", ":path": "/v1/lock", cookie };
  return { client, ...client.request(head, Buffer.from(body)) };
}

async function cookieAt(port: number): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/session`, { method: "POST" });
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

describe("LDLM REST through a socket, section 4.5", () => {
  for (const [how, wait] of Object.entries(waysToHangUp)) {
    test(`a client that ${how} leaves the line`, async () => {
      await using server = await startInProcess(flags);
      const port = server.portOf("ldlmRest");
      const waiters = async (count: number) => {
        while ((await figuresAt(server.portOf("main"))).of("holdfast_waiters") !== count);
      };
      const holder = await openLdlmSession(port);
      const { key = "" } = await holder.lock(name);
      const hangUp = await wait(port);
      await waiters(1);
      hangUp();
      await waiters(0);
      await holder.unlock(name, key);
      assert.equal((await holder.lock(name)).locked, true);
    });
  }

  test("a client that has said all but need not wait is answered", async () => {
    await using server = await startInProcess(flags);
    const socket = await waitOverHttp1(server.portOf("ldlmRest"));
    socket.end();
    assert.match(await text(socket), /^HTTP\/1.1 200 .*"locked":true/s);
  });
});
