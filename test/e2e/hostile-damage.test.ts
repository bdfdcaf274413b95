/**
 * Thousands of damaged messages on one real server: whatever they say now, their connections come to
 * an end, and nothing stays behind. `SEED=…` gives the same damages again.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { concurrently } from "../../testing/concurrently.ts";
import { damaged } from "../../testing/damage.ts";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { clientFrame, connectRaw, upgradeRequest } from "../../testing/loopback.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";
import { lock, release } from "../conformance/locktopus/connection.cases.ts";

const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
const damagesTotal = 10_000;
/** Sent together on one connection, behind a message that is as it should be. */
const damagesPerConnection = 2;

const folder = createTemporaryFolder();
let server: LiveServer;

before(async () => {
  const argv = ["--data", "data", "--locktopus-abandon-timeout", "0s"];
  server = await startLiveServer({ folder: folder.path, argv });
});
after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9 } as const;

const frames: readonly [Buffer, ...Buffer[]] = [
  clientFrame(opcodes.text, lock("write a/b", "read c")),
  clientFrame(opcodes.binary, lock("read")),
  clientFrame(opcodes.text, release),
  Buffer.concat([
    clientFrame(opcodes.text, '{"action":"lock","resources":', { isFinal: false }),
    clientFrame(opcodes.continuation, '[{"type":"w","path":["__proto__"]}]}'),
  ]),
  clientFrame(opcodes.ping, "are you there"),
  clientFrame(opcodes.close, Buffer.of(1000 >> 8, 1000 & 0xff)),
];

test(`${damagesTotal} damaged frames do no harm`, async () => {
  const upgrade = Buffer.from(upgradeRequest("/v1?namespace=damaged&abandon-timeout-ms=0"));
  await assertAllEnd((random) => [upgrade, ...damagedOnes(frames, random)]);
  await assertNothingLeft();
});

test(`${damagesTotal} damaged requests do no harm`, async () => {
  const opened = await fetch(`http://127.0.0.1:${server.port}/session`, { method: "POST" });
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const requests = validRequests(cookie);
  await assertAllEnd((random) => damagedOnes(requests, random));
  const url = `http://127.0.0.1:${server.port}/session`;
  // A damaged request may have ended it already, or opened others, which hold nothing.
  await (await fetch(url, { method: "DELETE", headers: { cookie } })).text();
  await assertNothingLeft();
});

function validRequests(cookie: string): readonly [Buffer, ...Buffer[]] {
  const call = (path: string, body: string) =>
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  return [
    call("/v1/lock", '{"name":"damaged","lock_timeout_seconds":120,"size":3}'),
    call("/v1/unlock", '{"name":"damaged","key":"15b74bf6-e99a-431b-b3c8-54ffbf5fc4a5"}'),
    call("/v1/renew", '{"name":"damaged","key":"x","lock_timeout_seconds":1}'),
    Buffer.from(
      `POST /v1/lock HTTP/1.1\r\nHost: localhost\r\nCookie: ${cookie}\r\n` +
        'Transfer-Encoding: chunked\r\n\r\n5\r\n{"nam\r\n8\r\ne":"ab"}\r\n0\r\n\r\n',
    ),
    Buffer.from("POST /session HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    Buffer.from("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"),
    Buffer.from("GET /stats?namespace=default HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    Buffer.from(upgradeRequest("/v1?namespace=damaged&abandon-timeout-ms=0")),
  ];
}

function damagedOnes(valid: readonly [Buffer, ...Buffer[]], random: Random): readonly Buffer[] {
  const messages = Array.from({ length: damagesPerConnection }, () =>
    damaged(random.pick(valid), random),
  );
  return [random.pick(valid), ...messages];
}

/** Each connection says its messages at once and ends its side; the server must end the other. */
async function assertAllEnd(messages: (random: Random) => readonly Buffer[]): Promise<void> {
  const random = createRandom(seed);
  const connections = Array.from({ length: damagesTotal / damagesPerConnection }, () =>
    Buffer.concat(messages(random)),
  );
  await concurrently(connections, 32, async (bytes) => {
    const client = await connectRaw(server.port);
    client.socket.end(bytes);
    await client.closed();
  });
}

async function assertNothingLeft(): Promise<void> {
  await assertUnharmed(server);
  const figures = await server.figures();
  assert.equal(figures.of("holdfast_locks_held"), 0, `SEED=${seed}`);
  assert.equal(figures.of("holdfast_waiters"), 0, `SEED=${seed}`);
  assert.equal(figures.of("holdfast_websockets"), 0, `SEED=${seed}`);
}
