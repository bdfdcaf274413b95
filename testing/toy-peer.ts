import { on, once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";

/** A client of the toy protocol (testing/toy-api). */
export interface ToyPeer {
  send(...requests: readonly object[]): void;
  /** The next line, or `the end` of the connection. */
  hear(): Promise<unknown>;
  /** Ends its side. */
  end(): void;
}

export async function overTcp(port: number): Promise<ToyPeer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  await once(socket, "connect");
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  return {
    send: (...requests) => void socket.write(requests.map(lineOf).join("")),
    async hear() {
      const { value } = await lines.next();
      return value === undefined ? "the end" : JSON.parse(value);
    },
    end: () => void socket.end(),
  };
}

export async function overWebSocket(port: number): Promise<ToyPeer> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/toy`);
  const messages = on(socket, "message", { close: ["close"] });
  await once(socket, "open");
  return {
    send(...requests) {
      for (const request of requests) socket.send(JSON.stringify(request));
    },
    async hear() {
      const { value } = await messages.next();
      return value === undefined ? "the end" : JSON.parse(String(value[0]));
    },
    end: () => socket.close(),
  };
}

export async function overHttp(
  port: number,
  ...requests: readonly object[]
): Promise<readonly unknown[]> {
  const response = await fetch(`http://127.0.0.1:${port}/toy`, {
    method: "POST",
    body: requests.map(lineOf).join(""),
  });
  const lines = (await response.text()).split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}

export function lineOf(request: object): string {
  return `${JSON.stringify(request)}\n`;
}
