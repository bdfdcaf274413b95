import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttp2Server, type ServerHttp2Session } from "node:http2";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { type ConnectionOptions, TLSSocket } from "node:tls";
import { createAuthority } from "../../../testing/certificates.ts";
import { frame, opening } from "../../../testing/http2-frames.ts";
import { connectRaw, until } from "../../../testing/loopback.ts";
import { createHandshakes } from "../tls/handshakes.ts";
import { startReading, stopReading } from "./reading.ts";

const authority = createAuthority("authority");
const identity = authority.issue();
const tlsClient: ConnectionOptions = { ca: authority.certificate, servername: "localhost" };
const ping = frame("ping", {}, Buffer.alloc(8));

const handshakes = createHandshakes(
  { cert: identity.certificate, key: identity.key },
  { needsClientCertificate: false },
);

/** A server that opens an HTTP/2 session on each connection, and the socket under it. */
async function startSessions(isSecure: boolean) {
  const sessions = createHttp2Server();
  const begin = (socket: Socket) => {
    if (socket instanceof TLSSocket) socket.alpnProtocol = "h2";
    sessions.once("session", (session) => server.emit("opened", session, socket));
    sessions.emit("connection", socket);
  };
  const server = createServer((connection) => {
    connection.on("error", () => {});
    if (isSecure) handshakes.begin(connection, { secured: begin, failed: assert.fail });
    else begin(connection);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  return {
    port,
    opened: () => once(server, "opened") as Promise<[ServerHttp2Session, Socket]>,
    [Symbol.dispose]: () => void server.close(),
  };
}

for (const [where, tls] of [
  ["in clear text", undefined],
  ["over TLS", tlsClient],
] as const) {
  test(`a connection that is stopped leaves its bytes in the kernel and goes on afterwards, ${where}`, async () => {
    using sessions = await startSessions(tls !== undefined);
    const opened = sessions.opened();
    const client = await connectRaw(sessions.port, tls);
    client.send(opening);
    const [session, socket] = await opened;
    let pings = 0;
    session.on("ping", () => {
      pings += 1;
    });
    client.send(ping);
    await once(session, "ping");
    await client.until((received) => received.includes("\0\0\x08\x06\x01"));
    // Node reads on once the kernel has taken the answer.
    await new Promise((resolve) => setImmediate(resolve));

    stopReading(socket);
    const { bytesRead } = socket;
    client.send(ping);
    // Another connection whose bytes come later is served meanwhile.
    const other = sessions.opened();
    const neighbour = await connectRaw(sessions.port, tls);
    neighbour.send(opening);
    const [otherSession] = await other;
    neighbour.send(ping);
    await once(otherSession, "ping");
    assert.equal(socket.bytesRead, bytesRead);
    assert.equal(pings, 1);

    startReading(socket);
    await until(() => pings === 2);
    client.socket.destroy();
    neighbour.socket.destroy();
  });
}

test("a socket that has closed can be stopped and started without effect", async () => {
  using sessions = await startSessions(false);
  const opened = sessions.opened();
  const client = await connectRaw(sessions.port);
  client.send(opening);
  const [session, socket] = await opened;
  const closed = once(session, "close");
  client.socket.destroy();
  await closed;
  stopReading(socket);
  startReading(socket);
});
