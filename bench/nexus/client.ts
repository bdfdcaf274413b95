import type { Socket } from "node:net";
import { connectReading } from "../reading.ts";

export interface Client {
  readonly socket: Socket;
  /** Asks, and resolves with the result. Only while nothing else is on its way. */
  ask(method: string, params: object): Promise<Readonly<Record<string, unknown>>>;
  /** From now on each whole line of the server goes here; it is valid until the function returns. */
  hear(take: (line: Buffer) => void): void;
}

/**
 * Resolves when the connection is open. If it ends, or the server answers with an error, the whole process fails: the
 * figures would be wrong.
 */
export function openClient(port: number): Promise<Client> {
  return new Promise((resolve, reject) => {
    let take: (line: Buffer) => void = () => {};
    let rest: Buffer = Buffer.alloc(0);
    const socket = connectReading(port, readBuffer, (chunk) => {
      rest = eachLine(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), take);
    });
    socket.on("error", reject);
    socket.on("close", () => {
      throw new Error("the server closed a connection");
    });
    socket.once("connect", () =>
      resolve({
        socket,
        ask: (method, params) =>
          new Promise((answered) => {
            take = (line) => answered(JSON.parse(line.toString()).result);
            socket.write(callText(method, params));
          }),
        hear(next) {
          take = next;
        },
      }),
    );
  });
}

export function callText(method: string, params: object, id = 1): string {
  return `${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`;
}

const idAt = '{"jsonrpc":"2.0","id":'.length;

/** The id of the call that the line answers, a number. */
export function idOf(line: Buffer): number {
  return Number(line.toString("latin1", idAt, line.indexOf(",", idAt)));
}

/** Shared by all connections: what a read brings is done with before the next. */
const readBuffer = Buffer.alloc(256 * 1024);

const newline = 0x0a;

/** Returns what is behind the last whole line, as a copy. */
function eachLine(bytes: Buffer, take: (line: Buffer) => void): Buffer {
  if (bytes.includes(errorMark)) throw new Error(`the server said ${bytes.toString()}`);
  let from = 0;
  for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, from)) {
    take(bytes.subarray(from, end));
    from = end + 1;
  }
  return Buffer.from(bytes.subarray(from));
}

const errorMark = Buffer.from('"error":');
