/** What no HTTP client should send, and what is no HTTP at all, to one real server. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { concurrently } from "../../testing/concurrently.ts";
import { createRandom, type Random } from "../../testing/history/random.ts";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import { clientFrame, connectRaw, upgradeRequest } from "../../testing/loopback.ts";
import { pour } from "../../testing/pour.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";
import { readResponses } from "../../testing/wire-responses.ts";
import { lock } from "../conformance/locktopus/connection.cases.ts";

const folder = createTemporaryFolder();
let server: LiveServer;

before(async () => {
  server = await startLiveServer({ folder: folder.path, argv: ["--data", "data"] });
});
afterEach(() => assertUnharmed(server));
after(async () => {
  await server?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

describe("an HTTP request", () => {
  const head = "POST /v1/lock HTTP/1.1\r\nHost: localhost\r\n";

  for (const [what, begin, piece, status] of [
    ["that announces 100 MB", `${head}Content-Length: 104857600\r\n\r\n`, "x".repeat(65_536), 413],
    [
      "of chunks without end",
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      `ffff\r\n${"x".repeat(65_535)}\r\n`,
      413,
    ],
    [
      "of chunks of one byte without end",
      `${head}Transfer-Encoding: chunked\r\n\r\n`,
      "1\r\nx\r\n".repeat(1000),
      413,
    ],
    ["of headers without end", head, `x-${"y".repeat(1000)}: z\r\n`, 431],
    ["of a target without end", "GET /", "x".repeat(1000), 431],
    [
      "of chunk extensions without end",
      `${head}Transfer-Encoding: chunked\r\n\r\n1`,
      ";x".repeat(1000),
      413,
    ],
  ] as const) {
    test(`${what} is cut off with ${status}`, async () => {
      const client = await connectRaw(server.port);
      client.send(begin);
      await pour(client, Buffer.from(piece));
      const { responses } = readResponses(await client.closed(), ["POST"]);
      assert.equal(responses[0]?.status, status);
    });
  }

  for (const [what, lines] of [
    ["with two lengths", "Content-Length: 1\r\nContent-Length: 2\r\n"],
    ["with a length and chunks", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"],
    ["with a length that is none", "Content-Length: +5\r\n"],
    ["with an unknown transfer coding", "Transfer-Encoding: xchunked\r\n"],
    ["with a folded header", "X: a\r\n b\r\n"],
    ["with a blank before the colon", "Content-Length : 5\r\n"],
    ["with a zero in a header", "X: a\0b\r\n"],
  ] as const) {
    test(`${what} is refused, and what follows is not taken for another`, async () => {
      const client = await connectRaw(server.port);
      client.send(`${head}${lines}\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      const { responses, rest } = readResponses(await client.closed(), ["POST"]);
      assert.equal(responses[0]?.status, 400);
      assert.equal(rest, "");
    });
  }
});

function randomBytes(random: Random): Buffer {
  return Buffer.from(Array.from({ length: 2000 }, () => random.below(256)));
}

test("garbage of every sort is a connection that ends", async () => {
  const tls = "16030100f8010000f40303";
  const garbage = [
    ...Array.from({ length: 256 }, (_, byte) => Buffer.of(byte)),
    ...Array.from({ length: 256 }, (_, byte) => Buffer.alloc(3000, byte)),
    ...Array.from({ length: 64 }, (_, seed) => randomBytes(createRandom(seed))),
    ...[tls, "05010000", "000000", "ff".repeat(20)].map((hex) => Buffer.from(hex, "hex")),
    ...[
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "SSH-2.0-OpenSSH_9.9\r\n",
      "*1\r\n$4\r\nPING\r\n",
      '{"jsonrpc":"2.0","id":1,"method":"sys.ping"}\n',
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/9.9\r\n\r\n",
      "GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT evil.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\n\r\n",
    ].map((text) => Buffer.from(text)),
  ];
  await concurrently(garbage, 32, async (bytes) => {
    const client = await connectRaw(server.port);
    client.socket.end(bytes);
    await client.closed();
  });
});

test("an upgrade that breaks off anywhere leaves nothing behind", async () => {
  const upgrade = upgradeRequest("/v1?namespace=broken-off&abandon-timeout-ms=0");
  const whole = Buffer.concat([Buffer.from(upgrade), clientFrame(0x1, lock("write a"))]);
  const lengths = Array.from({ length: whole.length + 1 }, (_, length) => length);
  await concurrently(lengths, 32, async (length) => {
    for (const end of ["end", "destroy"] as const) {
      const client = await connectRaw(server.port);
      client.send(whole.subarray(0, length));
      client.socket[end]();
      await client.closed();
    }
  });
});
