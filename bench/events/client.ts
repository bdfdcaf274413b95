import type { Socket } from "node:net";
import { connectReading } from "../reading.ts";

/** Resolves when it is open; `hear` is told of each chunk how many text frames ended in it. */
export function openWebSocket(port: number, hear: (frames: number) => void): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let handshake = "";
    let take = takeHandshake;
    const countFrames = createCounter();
    const socket = connectReading(port, readBuffer, ({ length }) => take(length));
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the server closed a connection")));
    socket.write(upgradeRequest, "latin1");

    function takeHandshake(bytes: number): void {
      handshake += readBuffer.toString("latin1", 0, bytes);
      if (!handshake.endsWith("\r\n\r\n")) return;
      if (!handshake.startsWith("HTTP/1.1 101 ")) throw new Error(`no upgrade: ${handshake}`);
      take = (more) => hear(countFrames(more));
      resolve(socket);
    }
  });
}

/** Shared by all connections: what a read brings is done with before the next. */
const readBuffer = Buffer.alloc(256 * 1024);

/** Short frames only; one may end in a later chunk than it begins. */
function createCounter(): (bytes: number) => number {
  /** Of the frame that is not whole: bytes that are still to come, or its first byte alone. */
  let rest = 0;
  let first = -1;
  return (bytes) => {
    let frames = 0;
    let at = Math.min(rest, bytes);
    rest -= at;
    if (at > 0 && rest === 0) frames += 1;
    while (at < bytes) {
      if (first === -1) {
        first = readBuffer[at] as number;
        at += 1;
        if (at === bytes) break;
      }
      const length = readBuffer[at] as number;
      at += 1;
      const isText = first === 0x81;
      first = -1;
      if (!isText) {
        if (length !== 0) throw new Error("the server sent what is neither an event nor a ping");
        continue;
      }
      const taken = Math.min(length, bytes - at);
      at += taken;
      rest = length - taken;
      if (rest === 0) frames += 1;
    }
    return frames;
  };
}

/** RFC 6455, section 1.2. */
const upgradeRequest = [
  "GET /api/ HTTP/1.1",
  "Host: localhost",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Protocol: jsonrpc_2.0",
  "\r\n",
].join("\r\n");
