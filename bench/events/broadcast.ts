/**
 * A server of the `ws` library alone, which sends a fixed text to all others when one says something, and
 * does nothing else; at its best: each socket is corked once per turn of the event loop.
 */
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { eventText, subscribeText } from "./words.ts";

process.once("SIGTERM", () => process.exit());
const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: false,
  handleProtocols: (offered) => [...offered][0] ?? false,
});
const sockets = new Map<unknown, Duplex>();
let areCorked = false;

server.on("connection", (webSocket, { socket }) => {
  sockets.set(webSocket, socket);
  webSocket.once("close", () => sockets.delete(webSocket));
  webSocket.on("message", (data) => {
    if (String(data) !== subscribeText) tellOthers(webSocket);
  });
});
await new Promise((resolve) => server.once("listening", resolve));
const { port } = server.address() as AddressInfo;
process.stderr.write(`${JSON.stringify({ msg: "listening", name: "main", port })}\n`);

function tellOthers(publisher: unknown): void {
  cork();
  const text = Buffer.from(eventText);
  for (const other of server.clients) {
    if (other !== publisher) other.send(text, { binary: false });
  }
}

function cork(): void {
  if (areCorked) return;
  areCorked = true;
  for (const socket of sockets.values()) socket.cork();
  setImmediate(() => {
    areCorked = false;
    for (const socket of sockets.values()) socket.uncork();
  });
}
