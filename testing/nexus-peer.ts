import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** A client of Nexus over TCP. */
export interface NexusPeer {
  /** Asks with the next id, and waits for the answer with that id. */
  call(method: string, params?: unknown): Promise<NexusAnswer>;
  /** The result of a call that must succeed. */
  ask<Result = unknown>(method: string, params?: unknown): Promise<Result>;
  /** The code of a call that must fail. */
  fail(method: string, params?: unknown): Promise<number>;
  /** Sends text as it is. */
  send(text: string | Uint8Array): void;
  /** The next line that answers no call. */
  hear(): Promise<string>;
  end(): void;
  readonly closed: Promise<unknown>;
}

export interface NexusAnswer {
  readonly jsonrpc: string;
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

export async function connectNexus(port: number): Promise<NexusPeer> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  return peerOver(socket);
}

export function peerOver(socket: Socket): NexusPeer {
  const asked = new Map<number, (answer: NexusAnswer) => void>();
  const heard: string[] = [];
  let waiting: ((line: string) => void)[] = [];
  let begun = "";
  let lastId = 0;

  socket.setEncoding("utf8").on("data", (text: unknown) => {
    const lines = (begun + String(text)).split("\r\n");
    begun = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
  socket.on("error", () => {});

  function take(line: string): void {
    const { id } = JSON.parse(line) as NexusAnswer;
    const resolve = typeof id === "number" ? asked.get(id) : undefined;
    if (resolve !== undefined) {
      asked.delete(id as number);
      resolve(JSON.parse(line));
      return;
    }
    const hear = waiting.shift();
    if (hear === undefined) heard.push(line);
    else hear(line);
  }

  function call(method: string, params?: unknown): Promise<NexusAnswer> {
    lastId += 1;
    const id = lastId;
    socket.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    return new Promise((resolve) => {
      asked.set(id, resolve);
    });
  }

  return {
    call,
    async ask<Result>(method: string, params?: unknown) {
      const { result, error } = await call(method, params);
      assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
      return result as Result;
    },
    async fail(method, params) {
      const { error } = await call(method, params);
      assert.ok(error !== undefined, `${method} succeeded`);
      return error.code;
    },
    send: (text) => void socket.write(text),
    hear() {
      const line = heard.shift();
      if (line !== undefined) return Promise.resolve(line);
      return new Promise((resolve) => {
        waiting = [...waiting, resolve];
      });
    },
    end: () => void socket.end(),
    closed: once(socket, "close"),
  };
}
