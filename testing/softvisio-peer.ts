import { once } from "node:events";
import { WebSocket } from "ws";

/** What a call came to; docs/protocols/softvisio.md, section 2.3. */
export interface SoftvisioReply {
  readonly id: unknown;
  readonly result?: {
    readonly status: number;
    readonly data?: unknown;
    readonly meta?: { readonly token?: number };
  };
  readonly error?: { readonly code: number; readonly message: string };
}

/** A bare client: calls are numbered, and what else is heard waits until somebody asks. */
export interface SoftvisioPeer {
  /** Resolves with the reply. Rejects when the connection ends before it. */
  call(method: string, ...params: readonly unknown[]): Promise<SoftvisioReply>;
  /** The same without the wish for a reply. */
  notify(method: string, ...params: readonly unknown[]): void;
  /** The next event that nobody has asked for yet. Rejects when the connection ends before it. */
  hear(): Promise<readonly unknown[]>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  close(): void;
}

/** Resolves when the connection is open. */
export async function connectSoftvisio(port: number, token?: string): Promise<SoftvisioPeer> {
  const offered = token === undefined ? ["jsonrpc_2.0"] : ["jsonrpc_2.0", token];
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/`, offered);
  const peer = listenTo(socket);
  await once(socket, "open");
  return peer;
}

function listenTo(socket: WebSocket): SoftvisioPeer {
  const calls = new Map<unknown, PromiseWithResolvers<SoftvisioReply>>();
  const events: (readonly unknown[])[] = [];
  let lastId = 0;
  let wake = () => {};
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason) }));
  });
  // 'close' follows, and tells of the end.
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const message = JSON.parse(String(data));
    if (message.method === "/publish") {
      events.push(message.params);
      wake();
    } else {
      calls.get(message.id)?.resolve(message);
      calls.delete(message.id);
    }
  });
  socket.once("close", () => {
    for (const { reject } of calls.values()) reject(new Error("the connection ended"));
    wake();
  });

  function send(message: object): void {
    socket.send(JSON.stringify({ jsonrpc: "2.0", ...message }));
  }

  return {
    closed,
    call(method, ...params) {
      lastId += 1;
      const reply = Promise.withResolvers<SoftvisioReply>();
      calls.set(lastId, reply);
      send({ method, params, id: lastId });
      return reply.promise;
    },
    notify: (method, ...params) => send({ method, params }),
    async hear() {
      while (events.length === 0) {
        if (socket.readyState === socket.CLOSED) throw new Error("the connection ended");
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return events.shift() ?? [];
    },
    close: () => socket.close(1000),
  };
}
