/** What no client of gRPC should do, to one real server, which goes on as if nothing had happened. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, afterEach, before, describe, test } from "node:test";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { callHead, type Http2Client, openHttp2Client } from "../../testing/http2-client.ts";
import { pathOf, requestBytes } from "../../testing/ldlm-proto.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";

const folder = createTemporaryFolder();
let server: LiveServer;

before(async () => {
  server = await startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
});
afterEach(async () => {
  await assertUnharmed(server);
  await untilNothingIsHeld();
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** Whatever was in the hands of connections that are gone is given back. */
async function untilNothingIsHeld(): Promise<void> {
  for (;;) {
    const figures = await server.figures();
    if (figures.of("holdfast_locks_held") + figures.of("holdfast_waiters") === 0) return;
  }
}

function lockBody(name: string): Buffer {
  const message = requestBytes("Lock", { name });
  return Buffer.concat([Buffer.of(0, 0, 0, 0, message.length), message]);
}

/** NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, STREAM_CLOSED, CANCEL; RFC 9113, section 7. */
const resetCodes = [0, 1, 2, 5, 8] as const;

const heads = {
  lock: callHead(pathOf("Lock")),
  tryLock: callHead(pathOf("TryLock")),
  check: callHead("/grpc.health.v1.Health/Check"),
  watch: callHead("/grpc.health.v1.Health/Watch"),
  reflect: callHead("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo"),
  unknown: callHead("/ldlm.LDLM/Steal"),
  get: callHead(pathOf("Lock"), { ":method": "GET" }),
  session: { ":method": "POST", ":path": "/session" },
  page: { ":path": "/healthz" },
} as const;

describe("a stream of HTTP/2", () => {
  for (const [name, head] of Object.entries(heads)) {
    for (const code of resetCodes) {
      test(`to ${name} may be reset with code ${code} in the packet which begins it`, async () => {
        const client = openHttp2Client(server.port);
        const { stream, closed } = client.request(head, undefined, { isOpen: true });
        stream.close(code);
        await closed;
        // What was sent behind it was read behind it.
        await client.request(heads.page).closed;
        client.destroy();
      });
    }
  }

  for (const seed of [1, 2, 3]) {
    test(`may be reset at any time, and its connection end at any time (seed ${seed})`, async () => {
      const random = createRandom(seed);
      for (let round = 0; round < 100; round++) await breakUp(random);
    });
  }
});

/** Some requests on one connection, some of which are reset before the connection ends somehow. */
async function breakUp(random: Random): Promise<void> {
  const client = openHttp2Client(server.port);
  await once(client.socket, "connect");
  for (let count = 1 + random.below(20); count > 0; count--) {
    begin(client, random);
    if (random.chance(0.3)) await turns(random.below(5));
  }
  await turns(random.below(10));
  random.pick([
    () => client.destroy(),
    () => client.socket.resetAndDestroy(),
    () => client.socket.end(),
  ])();
  client.destroy();
}

function begin(client: Http2Client, random: Random): void {
  const head = random.pick([heads.lock, heads.lock, heads.lock, heads.tryLock, heads.watch]);
  const body = lockBody(random.pick(["a", "b"]));
  const isOpen = random.chance(0.2) ? ({ isOpen: true } as const) : {};
  const { stream } = client.request(head, random.chance(0.1) ? body.subarray(0, 3) : body, isOpen);
  if (random.chance(0.6)) {
    void turns(random.below(5)).then(() => stream.close(random.pick([...resetCodes])));
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("a connection that ends with its first request still on the way leaves nothing behind", async () => {
  for (let round = 0; round < 100; round++) {
    const client = openHttp2Client(server.port);
    client.request(heads.lock, lockBody("farewell"));
    await turns(round % 4);
    client.socket.end();
  }
  await untilNothingIsHeld();
  const session = await fetch(`http://127.0.0.1:${server.port}/session`, { method: "POST" });
  assert.equal(session.status, 201);
});
