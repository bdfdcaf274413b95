/** The unix socket for operators. It serves HTTP/1.1 with JSON, one request per connection. */
import { once } from "node:events";
import { chmodSync, existsSync, lstatSync, unlinkSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { connect } from "node:net";
import { dirname } from "node:path";
import { isMainThread } from "node:worker_threads";
import { decodeUtf8 } from "../../protocols/utf8.ts";
import { AdminError } from "./error.ts";

export interface AdminSocketOptions {
  readonly path: string;
  /** Throws `AdminError` for a request that it does not carry out. */
  handle(request: AdminRequest): Promise<unknown>;
}

export interface AdminRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** `undefined` without a body. */
  readonly body: unknown;
}

export interface AdminSocket {
  /** Cuts unanswered requests and removes the socket. */
  close(): Promise<void>;
}

/** Bytes of the longest path that fits into a socket address: `sun_path` without its terminator. */
const pathBytesMax = process.platform === "linux" ? 107 : 103;
const bodyBytesMax = 1024 * 1024;
const headBytesMax = 256 * 1024;
/** Within the files that the server keeps for itself (connection-caps.ts). */
const connectionsMax = 32;
/** For a whole request to arrive. */
const requestMs = 10_000;

/**
 * Listens for the user that the server runs as. Replaces a stale socket, such as a killed server leaves
 * behind. Throws `Error` with the reason when it cannot listen.
 */
export async function openAdminSocket({ path, handle }: AdminSocketOptions): Promise<AdminSocket> {
  const pathBytes = Buffer.byteLength(path);
  if (pathBytes > pathBytesMax) {
    throw new Error(`the path ${path} is too long, ${pathBytes} bytes where ${pathBytesMax} fit`);
  }
  // Otherwise the system would complain about permissions.
  if (!existsSync(dirname(path))) throw new Error(`there is no folder for ${path}`);
  await removeStale(path);
  const server = createServer({
    maxHeaderSize: headBytesMax,
    headersTimeout: requestMs,
    requestTimeout: requestMs,
  });
  server.maxConnections = connectionsMax;
  server.on("request", (request, response) => void serve(request, response, handle));
  await listen(server, path);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new Error(`${path} is there, and is no socket`);
  if (await isListening(path)) throw new Error(`another server listens on ${path}`);
  unlinkSync(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isAlive: boolean) => {
      socket.destroy();
      resolve(isAlive);
    };
    socket.once("connect", () => end(true));
    socket.once("error", ({ code }: NodeJS.ErrnoException) => end(code !== "ECONNREFUSED"));
  });
}

/** The umask keeps other users out even before the mode is set, because `listen` creates the socket. */
async function listen(server: Server, path: string): Promise<void> {
  // Only the main thread may set the umask.
  const umask = isMainThread ? process.umask(0o177) : undefined;
  try {
    server.listen(path);
  } finally {
    if (umask !== undefined) process.umask(umask);
  }
  await once(server, "listening");
  // An accept may fail, for example without a free descriptor; its client will notice.
  server.on("error", () => {});
  chmodSync(path, 0o600);
}

/** Rejects only with bugs. */
async function serve(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: AdminSocketOptions["handle"],
): Promise<void> {
  try {
    const body = await readBody(incoming);
    answer(response, 200, await handle(requestOf(incoming, body)));
  } catch (error) {
    if (error instanceof PeerGone) return;
    if (!(error instanceof AdminError)) throw error;
    const { status, code, message, facts } = error;
    answer(response, status, { error: { code, message, ...facts } });
  }
}

function requestOf({ method = "GET", url = "/" }: IncomingMessage, body: unknown): AdminRequest {
  const [path = "", query = ""] = url.split("?", 2);
  return { method, path, query: new URLSearchParams(query), body };
}

async function readBody(incoming: IncomingMessage): Promise<unknown> {
  const bytes = await bytesOf(incoming);
  if (bytes.length === 0) return undefined;
  try {
    return JSON.parse(decodeUtf8(bytes) ?? "");
  } catch {
    throw new AdminError(400, "bad_request", "the body is no JSON");
  }
}

async function bytesOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      // Read the excess too, so that the client can read the error.
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    }
  } catch (cause) {
    throw new PeerGone("the request ended too early", { cause });
  }
  if (bytes <= bodyBytesMax) return Buffer.concat(chunks);
  throw new AdminError(413, "too_large", `a body has at most ${bodyBytesMax} bytes`);
}

class PeerGone extends Error {
  override readonly name = "PeerGone";
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  response.writeHead(status, { "Content-Type": "application/json", Connection: "close" });
  response.end(`${JSON.stringify(body)}\n`);
}
