import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { pino } from "pino";
import { createBudget, unlimited } from "../src/server/budget/budget.ts";
import {
  type Clock,
  type Listener,
  type ListenerLimits,
  type ListenerOptions,
  type ListenerTimeouts,
  listenerLimitsDefault,
  listenerTimeoutsDefault,
  openListener,
} from "../src/server/listen/listener.ts";

export { clientFrame } from "./client-frame.ts";

/**
 * A clock that stands still until it is told to go on; its timers run within `advance`. The turns of
 * the event loop are the real ones.
 */
export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function createFakeClock(): FakeClock {
  const timers = new Set<{ dueMs: number; readonly everyMs: number; readonly run: () => void }>();
  let nowMs = 0;

  function start(afterMs: number, everyMs: number, run: () => void): () => void {
    const timer = { dueMs: nowMs + afterMs, everyMs, run };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function next(untilMs: number) {
    return [...timers]
      .filter(({ dueMs }) => dueMs <= untilMs)
      .sort((one, other) => one.dueMs - other.dueMs)[0];
  }

  return {
    nowMs: () => nowMs,
    recentMs: () => nowMs,
    after: (ms, run) => start(ms, 0, run),
    every: (ms, run) => start(ms, ms, run),
    soon(run) {
      const immediate = setImmediate(run);
      return () => clearImmediate(immediate);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let timer = next(untilMs); timer !== undefined; timer = next(untilMs)) {
        nowMs = timer.dueMs;
        if (timer.everyMs > 0) timer.dueMs += timer.everyMs;
        else timers.delete(timer);
        timer.run();
      }
      nowMs = untilMs;
    },
  };
}

/** What a test wants to be different from a listener with defaults, a fake clock and no routes. */
export interface ListenerWishes
  extends Partial<Omit<ListenerOptions, "clock" | "limits" | "timeouts">> {
  readonly limits?: Partial<ListenerLimits>;
  readonly timeouts?: Partial<ListenerTimeouts>;
}

/** A listener on a free port of the loopback, its clock, and the lines it has logged. */
export interface TestListener extends AsyncDisposable {
  readonly listener: Listener;
  readonly clock: FakeClock;
  readonly lines: ReadonlyArray<Readonly<Record<string, unknown>>>;
}

export async function startListener(wishes: ListenerWishes): Promise<TestListener> {
  const clock = createFakeClock();
  const lines: Record<string, unknown>[] = [];
  const listener = await openListener({
    host: "127.0.0.1",
    port: 0,
    routes: {
      http: () => ({ status: 404, headers: {}, body: "" }),
      upgrade: () => ({ status: 404, headers: {}, body: "" }),
    },
    allowedHosts: ["*"],
    allowedOrigins: [],
    handshakes: undefined,
    trustedProxies: undefined,
    logger: pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) }),
    budget: createBudget(unlimited, clock),
    ...wishes,
    limits: { ...listenerLimitsDefault, ...wishes.limits },
    timeouts: { ...listenerTimeoutsDefault, ...wishes.timeouts },
    clock,
  });
  return {
    listener,
    clock,
    lines,
    async [Symbol.asyncDispose]() {
      const closed = listener.close();
      clock.advance(60_000);
      await closed;
    },
  };
}

/** Waits, turn by turn, for what the listener does without a sign to the client. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

/** A client of TCP, or of TLS, that sends exact bytes and waits for bytes, never for time. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything received up to now, one character per byte. */
  received(): string;
  send(bytes: string | Uint8Array): void;
  /** Each byte in a segment of its own, as far as the kernel goes along. */
  sendByteByByte(bytes: string | Uint8Array): Promise<void>;
  /** Everything received, once it is enough; rejects when the connection ends before. */
  until(isEnough: (received: string) => boolean): Promise<string>;
  /** Everything received, once the connection has closed. */
  closed(): Promise<string>;
}

/** Rejects when the connection, or the handshake, fails. */
export async function connectRaw(port: number, tls?: ConnectionOptions): Promise<RawClient> {
  const where = { port, host: "127.0.0.1", noDelay: true };
  const socket = tls === undefined ? connect(where) : connectTls({ ...where, ...tls });
  const client = clientOn(socket);
  await once(socket, tls === undefined ? "connect" : "secureConnect");
  return client;
}

/** The same behind a proxy, which connects and sends this header of the PROXY protocol first. */
export async function connectProxied(
  port: number,
  header: string | Uint8Array,
  tls?: ConnectionOptions,
): Promise<RawClient> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(header);
  if (tls === undefined) return clientOn(socket);
  const secure = connectTls({ ...tls, socket });
  const client = clientOn(secure);
  await once(secure, "secureConnect");
  return client;
}

function clientOn(socket: Socket, receivedBefore = ""): RawClient {
  let received = receivedBefore;
  socket.on("data", (chunk) => {
    received += chunk.toString("latin1");
  });
  // A reset is an end too.
  socket.on("error", () => {});
  const closed = new Promise((resolve) => socket.once("close", resolve));

  async function until(isEnough: (received: string) => boolean): Promise<string> {
    while (!isEnough(received)) {
      if (socket.closed) throw new Error(`closed after ${JSON.stringify(received)}`);
      const more = new Promise((resolve) => socket.once("data", resolve));
      await Promise.race([more, closed]);
    }
    return received;
  }

  return {
    socket,
    received: () => received,
    send: (bytes) => void socket.write(bytes),
    async sendByteByByte(bytes) {
      for (const byte of Buffer.from(bytes)) {
        await new Promise<void>((resolve) => socket.write(Buffer.of(byte), () => resolve()));
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    until,
    async closed() {
      await closed;
      return received;
    },
  };
}

/** An upgrade as RFC 6455, section 1.2 shows it, with a line more if wanted. */
export function upgradeRequest(path: string, line = ""): string {
  return [
    `GET ${path} HTTP/1.1`,
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    ...(line === "" ? [] : [line]),
    "\r\n",
  ].join("\r\n");
}

/** Connects and shakes hands; what was received then is forgotten. */
export async function connectWebSocket(
  port: number,
  path = "/",
  tls?: ConnectionOptions,
): Promise<WebSocketClient> {
  const client = await connectRaw(port, tls);
  client.send(upgradeRequest(path));
  const isWhole = (received: string) => received.includes("\r\n\r\n");
  const handshake = await client.until(isWhole);
  const headBytes = handshake.indexOf("\r\n\r\n") + 4;
  return clientOn(client.socket, client.received().slice(headBytes));
}

export type WebSocketClient = RawClient;
