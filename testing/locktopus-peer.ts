import { once } from "node:events";
import type { ConnectionOptions } from "node:tls";
import { WebSocket } from "ws";

/** An answer of the Locktopus API; docs/protocols/locktopus.md, section 2. */
export interface LocktopusAnswer {
  readonly id: string;
  readonly action: "lock" | "release";
  readonly state: "acquired" | "enqueued" | "ready";
}

/** A bare client: it sends what it is told to, and what it hears waits until somebody asks. */
export interface LocktopusPeer {
  send(message: string): void;
  /** The next answer that nobody has asked for yet. Rejects when the connection ends before it. */
  hear(): Promise<LocktopusAnswer>;
  /** What was heard and not asked for. */
  readonly unheard: readonly string[];
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Says goodbye with 1000. */
  close(): void;
  /** Ends the TCP connection without a word. */
  drop(): void;
}

/** Resolves when the connection is open. */
export async function connectLocktopus(
  port: number,
  query: string,
  tls?: ConnectionOptions,
): Promise<LocktopusPeer> {
  const scheme = tls === undefined ? "ws" : "wss";
  const socket = new WebSocket(`${scheme}://127.0.0.1:${port}/v1?${query}`, tls);
  const peer = listenTo(socket);
  await once(socket, "open");
  return peer;
}

function listenTo(socket: WebSocket): LocktopusPeer {
  const unheard: string[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  let wake: (() => void) | undefined;
  socket.on("message", (data) => {
    unheard.push(String(data));
    wake?.();
  });
  // 'close' follows, and tells of the end.
  socket.on("error", () => wake?.());
  socket.once("close", () => wake?.());

  return {
    unheard,
    closed,
    async hear() {
      while (unheard.length === 0) {
        if (socket.readyState === socket.CLOSED) throw new ConnectionLost();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return JSON.parse(unheard.shift() as string);
    },
    send: (message) => socket.send(message, () => {}),
    close: () => socket.close(1000),
    drop: () => socket.terminate(),
  };
}

/** The answer will never come. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
  constructor() {
    super("the connection ended before the answer");
  }
}
