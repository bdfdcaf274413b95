import type { Socket } from "node:net";

/**
 * Stops and goes on reading a connection with an HTTP/2 session. Node parses HTTP/2 natively, straight from the
 * handle of the socket, so `pause()` has no effect on it; only the handle itself can stop. Node reads on by
 * itself after some writes, so the caller stops again when bytes arrive nevertheless.
 */
interface Handle {
  readStop(): unknown;
  readStart(): unknown;
}

/** The bytes that arrive from now on stay in the kernel. */
export function stopReading(socket: Socket): void {
  handleOf(socket)?.readStop();
}

/** While a write is under way Node does not read, and goes on by itself after it; then this does nothing. */
export function startReading(socket: Socket): void {
  if (!isWriting(socket)) handleOf(socket)?.readStart();
}

/** `undefined`: the socket has closed, or this version of Node has other handles and cannot be stopped. */
function handleOf(socket: Socket): Handle | undefined {
  const handle = internalsOf(socket)._handle;
  if (typeof handle?.readStop !== "function") return undefined;
  return typeof handle.readStart === "function" ? (handle as Handle) : undefined;
}

/** The kernel has not taken everything. The handle of TLS counts that wrongly, but not the one under it. */
function isWriting(socket: Socket): boolean {
  const { _parent: parent = socket } = internalsOf(socket);
  return (internalsOf(parent ?? socket)._handle?.writeQueueSize ?? 0) > 0;
}

interface Internals {
  readonly _handle?: (Partial<Handle> & { readonly writeQueueSize?: number }) | null;
  /** The connection under TLS. */
  readonly _parent?: Socket | null;
}

function internalsOf(socket: Socket): Internals {
  return socket as unknown as Internals;
}
