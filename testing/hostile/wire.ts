/** Connections of attackers: bytes made beforehand, sent as fast as the server reads, or at a rate. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { concurrently } from "../concurrently.ts";
import { upgradeRequest } from "../loopback.ts";
import { attackerAddress, isOver, type Target } from "./attack.ts";

/** A connection that reads and forgets. Rejects when the server refuses it. */
export async function openSocket(
  { port }: Target,
  localAddress: string = attackerAddress,
): Promise<Socket> {
  const where = { port, host: "127.0.0.1", localAddress, noDelay: true };
  const socket = connect(where);
  await once(socket, "connect");
  // A reset is an end like any other; 'close' follows.
  socket.on("error", () => {});
  socket.resume();
  return socket;
}

/** Resolves after the handshake. Rejects when the server refuses it. */
export async function openWebSocket(target: Target, path: string, line = ""): Promise<Socket> {
  const socket = await openSocket(target);
  const head = await askOn(socket, upgradeRequest(path, line));
  if (head.startsWith("HTTP/1.1 101")) return socket;
  socket.destroy();
  throw new Error(`no WebSocket: ${head.slice(0, 60)}`);
}

/** Resolves with the first chunk of the answer; rejects when the connection ends before. */
export async function askOn(socket: Socket, bytes: string | Uint8Array): Promise<string> {
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(socket, "close", { signal }).then(() => {
    throw new Error("the connection ended before the answer");
  });
  ended.catch(() => {});
  const answered = once(socket, "data", { signal });
  socket.write(bytes);
  try {
    const [chunk] = await Promise.race([answered, ended]);
    return chunk.toString("latin1");
  } finally {
    stop.abort();
    answered.catch(() => {});
  }
}

/** What one connection sends, piece by piece, until the attack is over. */
export type Pieces = () => Uint8Array;

/** Sends until the attack is over or the server cuts the connection; waits while the server does not read. */
export async function pour(target: Target, socket: Socket, next: Pieces): Promise<void> {
  while (!isOver(target) && !socket.destroyed) {
    const piece = next();
    target.count("bytes", piece.length);
    if (socket.write(piece)) await nextTurn();
    else await drained(target, socket);
  }
}

/**
 * Sends, and waits until the kernel has taken it all. What the server has not read lies in the kernel, which is the
 * server's, too, while real attackers have one of their own; with gigabytes there it drops packets of everybody.
 */
export async function taken(target: Target, socket: Socket, bytes: Uint8Array): Promise<void> {
  if (!socket.write(bytes)) await drained(target, socket);
}

/** The same at so many bytes a second. */
export async function trickle(
  target: Target,
  socket: Socket,
  { piece, bytesPerSecond }: { readonly piece: Uint8Array; readonly bytesPerSecond: number },
): Promise<void> {
  const beganMs = performance.now();
  for (let sent = 0; !isOver(target) && !socket.destroyed; sent += piece.length) {
    const dueMs = beganMs + (1000 * sent) / bytesPerSecond;
    await sleep(Math.max(0, dueMs - performance.now()));
    target.count("bytes", piece.length);
    if (!socket.write(piece)) await drained(target, socket);
  }
}

/** Resolves at the latest when the attack is over, since a server may read no more and keep the connection. */
async function drained(target: Target, socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  const stop = new AbortController();
  const { signal } = stop;
  const leftMs = Math.max(0, target.deadlineMs - performance.now());
  const waits = [once(socket, "drain", { signal }), once(socket, "close", { signal })];
  const ignored = () => {};
  await Promise.race([...waits, sleep(leftMs, undefined, { signal })]).catch(ignored);
  for (const wait of waits) wait.catch(ignored);
  stop.abort();
}

/** Time after which a client comes back that was refused. */
const returnMs = 5;

/**
 * Runs so many clients beside each other, each again and again until the attack is over: an attacker comes
 * back when it was cut or refused.
 */
export async function crowd(
  target: Target,
  clients: number,
  live: (place: number) => Promise<void>,
): Promise<void> {
  async function insist(place: number): Promise<void> {
    while (!isOver(target)) {
      await live(place).catch(refused);
      if (!isOver(target)) await nextTurn();
    }
  }
  async function refused(): Promise<void> {
    target.count("refused");
    await sleep(returnMs);
  }
  await Promise.all(Array.from({ length: clients }, (_, place) => insist(place)));
}

/** Sends the same bytes on so many connections, as fast as the server reads; deaf clients read no answer. */
export function pourOnAll(
  target: Target,
  connections: number,
  piece: Uint8Array,
  { isDeaf = false }: { readonly isDeaf?: boolean } = {},
): Promise<void> {
  return crowd(target, connections, async () => {
    const socket = await openSocket(target);
    if (isDeaf) socket.pause();
    await pour(target, socket, () => piece);
  });
}

/** Begins so many clients, some at a time, each once; what they open stays open. */
export async function assemble(
  target: Target,
  clients: number,
  begin: (place: number) => Promise<void>,
): Promise<void> {
  const places = Array.from({ length: clients }, (_, place) => place);
  await concurrently(places, 50, async (place) => {
    if (isOver(target)) return;
    await begin(place).then(
      () => target.count("begun"),
      () => target.count("refused"),
    );
  });
}

export function repeated(bytes: string | Uint8Array, times: number): Buffer {
  return Buffer.concat(Array.from({ length: times }, () => Buffer.from(bytes)));
}

/** As many times as fit into about 64 KiB. */
export function batch(bytes: string | Uint8Array): Buffer {
  const length = Buffer.byteLength(bytes);
  return repeated(bytes, Math.max(1, Math.floor(65_536 / length)));
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
