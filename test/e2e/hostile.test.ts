/** What no client should send, to one real server, which goes on as if nothing had happened. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { type LiveServer, startLiveServer } from "../../testing/live-server.ts";
import {
  clientFrame,
  connectRaw,
  connectWebSocket,
  type RawClient,
  upgradeRequest,
} from "../../testing/loopback.ts";
import { pour } from "../../testing/pour.ts";
import { readServerFrames, type ServerWord } from "../../testing/server-frames.ts";
import { createTemporaryFolder } from "../../testing/temporary-folder.ts";
import { assertUnharmed } from "../../testing/vital-signs.ts";
import { acquired, lock } from "../conformance/locktopus/connection.cases.ts";

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

const opcodes = { continuation: 0x0, text: 0x1, binary: 0x2, close: 0x8, ping: 0x9 } as const;
const hugeBytes = 100 * 1024 * 1024;

/** The header of a masked frame with a payload of that length; RFC 6455, section 5.2. */
function longFrameHeader(opcode: number, payloadBytes: number): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt8(0x80 | opcode, 0);
  header.writeUInt8(0x80 | 127, 1);
  header.writeBigUInt64BE(BigInt(payloadBytes), 2);
  return header;
}

function longText(text: string): Buffer {
  // Masked with zeros, which leaves it as it is.
  const payload = Buffer.from(text);
  return Buffer.concat([longFrameHeader(opcodes.text, payload.length), payload]);
}

/** Waits for so much and closes; what the server says first is what counts. */
async function hear(client: RawClient, count: number): Promise<readonly ServerWord[]> {
  await client.until((received) => readServerFrames(received).length >= count);
  client.socket.end();
  return readServerFrames(await client.closed());
}

async function codeOfClose(client: RawClient): Promise<number | undefined> {
  const [word] = await hear(client, 1);
  return word?.type === "close" ? word.code : undefined;
}

describe("a WebSocket frame", () => {
  const connect = () => connectWebSocket(server.port, "/v1?namespace=hostile&abandon-timeout-ms=0");

  for (const [what, begin, piece, code] of [
    ["of 100 MB", longFrameHeader(opcodes.text, hugeBytes), Buffer.alloc(65_536, "x"), 1009],
    [
      "of 2^63 bytes",
      Buffer.from("81ff7fffffffffffffff00000000", "hex"),
      Buffer.alloc(65_536),
      1009,
    ],
    [
      "in fragments without end",
      clientFrame(opcodes.text, "x", { isFinal: false }),
      clientFrame(opcodes.continuation, "x".repeat(60_000), { isFinal: false }),
      1009,
    ],
    [
      "in fragments of one byte without end",
      clientFrame(opcodes.text, "x", { isFinal: false }),
      clientFrame(opcodes.continuation, "x", { isFinal: false }),
      1008,
    ],
    [
      "in empty fragments without end",
      clientFrame(opcodes.text, "", { isFinal: false }),
      clientFrame(opcodes.continuation, "", { isFinal: false }),
      1008,
    ],
  ] as const) {
    test(`${what} is cut off with ${code}`, async () => {
      const client = await connect();
      client.send(begin);
      await pour(client, piece);
      assert.equal(await codeOfClose(client), code);
    });
  }

  for (const [what, frame, code] of [
    ["without a mask", Buffer.from("\x81\x02{}", "latin1"), 1002],
    ["with a reserved bit, as compression has it", Buffer.from("c18100000000", "hex"), 1002],
    ["with a reserved opcode", clientFrame(0x3, "x"), 1002],
    ["that continues nothing", clientFrame(opcodes.continuation, "x"), 1002],
    ["that is a ping in fragments", clientFrame(opcodes.ping, "x", { isFinal: false }), 1002],
    ["that is a ping of 126 bytes", clientFrame(opcodes.ping, "x".repeat(126)), 1002],
    [
      "that closes with a code nobody may send",
      clientFrame(opcodes.close, Buffer.of(3, 237)),
      1002,
    ],
    ["that closes with half a code", clientFrame(opcodes.close, "x"), 1002],
    ["of text that is not UTF-8", clientFrame(opcodes.text, Buffer.of(0xc3, 0x28)), 1007],
  ] as const) {
    test(`${what} is refused with ${code}`, async () => {
      const client = await connect();
      client.send(frame);
      client.send(clientFrame(opcodes.text, lock("write a")));
      assert.equal(await codeOfClose(client), code);
    });
  }
});

test("compression that a client offers is not agreed to", async () => {
  const client = await connectRaw(server.port);
  const offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
  client.send(upgradeRequest("/v1?namespace=hostile", offer));
  const head = await client.until((received) => received.includes("\r\n\r\n"));
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.doesNotMatch(head, /extensions/i);
  client.socket.destroy();
});

/** Bodies that must not be believed, and what LDLM calls them; Locktopus has one word for all. */
const texts: readonly (readonly [what: string, text: string])[] = [
  ["a million deep", "[".repeat(1_000_000)],
  ["a million deep and closed", `${"[".repeat(500_000)}${"]".repeat(500_000)}`],
  ["200,000 objects deep", '{"a":'.repeat(200_000)],
  ["of a number with 100,000 digits", `{"size":${"1".repeat(100_000)}}`],
  ["of a fraction with 100,000 digits", `{"size":0.${"1".repeat(100_000)}}`],
  ["of a string that does not end", `{"name":"${"x".repeat(900_000)}`],
  ["of backslashes", `{"name":"${"\\".repeat(900_001)}"}`],
  ["of NaN", '{"size":NaN}'],
  ["of half a surrogate pair", '{"name":"\\ud800","action":"\\udfff"}'],
  ["with zeros", '{"name":"a"\0}'],
];

describe("JSON", () => {
  for (const [what, text] of texts) {
    test(`${what} is an error to Locktopus, and to LDLM a bad request`, async () => {
      const client = await connectWebSocket(server.port, "/v1?namespace=hostile");
      client.send(longText(text));
      const words = await hear(client, 2);
      assert.match(words[0]?.type === "text" ? words[0].text : "", /^communication error: /);
      assert.deepEqual(words[1], { type: "close", code: 3000, reason: "" });
      assert.equal((await post(text)).status, 400);
    });
  }

  test("of 30,000 keys and one that counts is read, and one of 90,000 refused", async () => {
    const keys = Array.from({ length: 90_000 }, (_, place) => `"k${place}":0,`);
    const { status, answer } = await post(`{${keys.slice(60_000).join("")}"name":"many keys"}`);
    assert.deepEqual({ status, name: answer.name }, { status: 200, name: "many keys" });
    assert.equal((await post(`{${keys.join("")}"name":"many keys"}`)).status, 400);
  });

  test("with the names of JavaScript's own things is data", async () => {
    const names = [
      "__proto__",
      "constructor",
      "prototype",
      "hasOwnProperty",
      "toString",
      "__defineGetter__",
    ];
    const nested = names.map((name) => `"${name}":{"action":"lock","name":"x","size":7},`).join("");
    for (const name of names) {
      const { answer } = await post(`{${nested}"name":"${name}"}`);
      assert.deepEqual({ locked: answer.locked, name: answer.name }, { locked: true, name });
      const namespace = encodeURIComponent(name);
      const client = await connectWebSocket(server.port, `/v1?namespace=${namespace}`);
      const resource = `{${nested}"type":"w","path":["${names.join('","')}"]}`;
      client.send(longText(`{${nested}"action":"lock","resources":[${resource}]}`));
      assert.deepEqual(await hear(client, 1), [{ type: "text", text: acquired(1) }]);
    }
  });
});

/** In a session of its own, which ends with it. */
async function post(body: string) {
  const url = `http://127.0.0.1:${server.port}`;
  const opened = await fetch(`${url}/session`, { method: "POST" });
  const cookie = opened.headers.get("set-cookie")?.split(";")[0] ?? "";
  const response = await fetch(`${url}/v1/lock`, { method: "POST", headers: { cookie }, body });
  const answer = (await response.json()) as Readonly<Record<string, unknown>>;
  await fetch(`${url}/session`, { method: "DELETE", headers: { cookie } });
  return { status: response.status, answer };
}
