/** The frames of the attackers are what they are taken for: others would be refused, and prove nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { upgradeRequest } from "../loopback.ts";
import { attacks } from "./attacks.ts";
import { flags, greeting, grpcMessage, headerBlock, onManyStreams } from "./http2-frames.ts";
import { frame, opcodes, textFrame } from "./websocket-frames.ts";

for (const length of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) {
  test(`a text frame of ${length} bytes arrives as it is`, async () => {
    const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const text = "x".repeat(length);
    const halves = [
      frame(opcodes.text, text, { isFinal: false }),
      frame(opcodes.continuation, text),
    ];
    const received: string[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    server.on("connection", (peer) => {
      peer.on("message", (data) => {
        received.push(String(data));
        if (received.length === 2) resolve();
      });
    });
    socket.write(Buffer.concat([Buffer.from(upgradeRequest("/")), textFrame(text), ...halves]));
    await promise;
    assert.deepEqual(received, [text, text + text]);
    socket.destroy();
    server.close();
  });
}

test("requests on many streams of HTTP/2 arrive whole, each on its own", async () => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const bodies = new Map<number, string>();
  const { promise, resolve } = Promise.withResolvers<void>();
  server.on("stream", (stream, { ":path": path }) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      bodies.set(stream.id ?? 0, `${path} ${Buffer.concat(chunks).toString("hex")}`);
      if (bodies.size === 6) resolve();
    });
  });
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const pieces = onManyStreams(
    [
      { type: "headers", flags: flags.endHeaders, payload: headerBlock("POST", "/a") },
      { type: "data", flags: flags.endStream, payload: grpcMessage(Buffer.of(7)) },
    ],
    3,
  );
  socket.write(Buffer.concat([greeting(), pieces(), pieces()]));
  await promise;
  assert.deepEqual([...bodies.keys()], [1, 3, 5, 7, 9, 11]);
  assert.deepEqual(new Set(bodies.values()), new Set(["/a 000000000107"]));
  socket.destroy();
  server.close();
});

test("no two attacks have one name", () => {
  const names = attacks.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});
