import type { Socket } from "node:net";
import { connectReading } from "../reading.ts";
import { type Answer, type ByteString, readAnswers } from "./frames.ts";

/** One connection of the load. */
export interface Client {
  /** Sends the first messages; from then on answers are followed by more. */
  begin(): void;
}

export interface ClientOptions {
  readonly port: number;
  /** With the query. */
  readonly path: string;
  readonly inFlight: number;
  readonly lock: ByteString;
  readonly release: ByteString;
  readonly tally: Tally;
}

/** What all connections have seen. */
export interface Tally {
  frames: number;
  /** Locks that were given back. */
  cycles: number;
  /** Told how long the first answer to a message took. */
  answered(ms: number): void;
}

/**
 * Resolves when the WebSocket is open; rejects when the server does not want it. If it ends later
 * the whole process fails: the figures would be wrong.
 */
export function openClient(options: ClientOptions): Promise<Client> {
  return new Promise((resolve, reject) => {
    let handshake = "";
    let take = takeHandshake;
    const socket = connectReading(options.port, readBuffer, (chunk) => take(chunk));
    socket.on("error", reject);
    socket.on("close", () => {
      const error = new Error("the server closed a connection");
      if (take !== takeHandshake) throw error;
      reject(error);
    });
    socket.write(upgradeRequest(options.path));

    function takeHandshake(chunk: Buffer): void {
      handshake += chunk.toString("latin1");
      if (!handshake.endsWith("\r\n\r\n")) return;
      if (!handshake.startsWith("HTTP/1.1 101 ")) {
        reject(new Error(`no upgrade: ${handshake}`));
        return;
      }
      const conversation = converse(socket, options);
      take = conversation.take;
      resolve(conversation);
    }
  });
}

/** Shared by all connections: what a read brings is done with before the next. */
const readBuffer = Buffer.alloc(64 * 1024);

/**
 * Keeps `inFlight` messages on their way. One at a time: a lock, and when it is acquired its
 * release. More: lock and release are sent together, whatever the lock will be answered.
 */
function converse(
  socket: Socket,
  { inFlight, lock, release, tally }: ClientOptions,
): Client & { take(chunk: Buffer): void } {
  /** When the messages that wait for their first answer were sent: a ring. */
  const sentAt = new Float64Array(inFlight);
  let sentCount = 0;
  let answeredCount = 0;
  let isEnqueued = false;
  let isHeld = false;
  let nowMs = 0;
  let rest: Buffer = Buffer.alloc(0);
  const pairs = Array.from({ length: inFlight / 2 + 1 }, (_, n) => (lock + release).repeat(n));

  function hear(answer: Answer): void {
    tally.frames += 1;
    if (answer === "acquired" && isEnqueued) {
      // The lock was answered already; this is what it waited for.
      isEnqueued = false;
      return;
    }
    isEnqueued = answer === "enqueued";
    isHeld = answer !== "ready";
    if (answer === "ready") tally.cycles += 1;
    tally.answered(nowMs - (sentAt[answeredCount % inFlight] as number));
    answeredCount += 1;
  }

  function sendMore(): void {
    const room = inFlight - (sentCount - answeredCount);
    if (inFlight > 1) send(pairs[room >> 1] as ByteString, room & ~1);
    else if (room === 1 && !isEnqueued) send(isHeld ? release : lock, 1);
  }

  function send(bytes: ByteString, messages: number): void {
    if (messages === 0) return;
    socket.write(bytes, "latin1");
    for (let sent = 0; sent < messages; sent += 1) {
      sentAt[sentCount % inFlight] = nowMs;
      sentCount += 1;
    }
  }

  return {
    begin() {
      nowMs = performance.now();
      sendMore();
    },
    take(chunk) {
      nowMs = performance.now();
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = readAnswers(bytes, bytes.length, hear);
      rest = end === bytes.length ? noBytes : Buffer.from(bytes.subarray(end));
      sendMore();
    },
  };
}

const noBytes = Buffer.alloc(0);

/** RFC 6455, section 1.2. */
function upgradeRequest(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ].join("\r\n");
}
