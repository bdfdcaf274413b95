import type { Socket } from "node:net";
import { type Account, keep } from "../budget/budget.ts";
import type { ByteString, Piece } from "./byte-string.ts";
import type { EndOfTurn } from "./end-of-turn.ts";

/**
 * Gathers the pieces that one connection sends in a turn of the event loop, writes them as one, and watches
 * how well the client keeps up with reading.
 *
 *   idle ──push──▶ gathering ──end of the turn──▶ written ──the kernel took all──▶ idle
 *                      ▲                              └── it did not ──▶ blocked ──it has──▶ idle
 *                      └── what is pushed while it is blocked gathers, too, whatever the number of pieces
 */
export interface Outbox extends OutboxOptions {
  /** What its connection sends can still arrive. It stands here so that an event need not touch the connection, too. */
  isOpen: boolean;
  gathered: ByteString;
  last: ByteString;
  /** The kernel has not taken everything that was written. */
  isBlocked: boolean;
  readonly socket: Socket;
  /** Pieces gathered while the socket was blocked. */
  piecesWaiting: number;
  /** It has been blocked since the last sweep. */
  wasBlocked: boolean;
  /** `old` once a sweep has seen it. */
  congestion: "none" | "recent" | "old";
  /** Bytes that the account counts as unsent. */
  kept: number;
  /** Writes the pushed pieces, unless the client has to read first. */
  readonly flush: () => void;
  readonly unblocked: () => void;
}

export interface OutboxOptions {
  readonly endOfTurn: EndOfTurn;
  readonly account: Account;
  readonly flow: Flow;
  readonly unsentBytesMax: number;
}

/** Learns how well the client keeps up with reading. */
export interface Flow {
  /** `isCongested` has changed. */
  turned(): void;
  /** Too much is unread to wait any longer: end the connection. */
  overflowing(): void;
}

/** With this many times the limit unread, nothing more is sent: the connection ends. One large answer alone does no harm. */
const overflowFactor = 4;

/** A client that reads at all takes so many bytes within a ping interval. */
const fewBytes = 64 * 1024;

/** Memory of a gathered piece beside its bytes, in bytes. */
const pieceBytes = 64;

export function createOutbox(socket: Socket, options: OutboxOptions): Outbox {
  const { endOfTurn, account, flow, unsentBytesMax } = options;
  // Each named here, since V8 keeps what comes behind a spread apart, and first what each piece needs: an event goes
  // to a thousand outboxes, and what counts there are cache lines.
  const outbox: Outbox = {
    isOpen: true,
    gathered: "",
    last: "",
    flush: () => flush(outbox),
    endOfTurn,
    isBlocked: false,
    unsentBytesMax,
    socket,
    account,
    flow,
    piecesWaiting: 0,
    wasBlocked: false,
    congestion: "none",
    kept: 0,
    unblocked: () => unblock(outbox),
  };
  return outbox;
}

export function push(outbox: Outbox, piece: Piece): void {
  if (typeof piece !== "string") {
    writeGathered(outbox);
    write(outbox, piece);
    return;
  }
  if (isEmpty(outbox)) outbox.endOfTurn.add(outbox.flush);
  outbox.gathered += piece;
  if (outbox.isBlocked) {
    outbox.piecesWaiting += 1;
    look(outbox);
  } else if (outbox.gathered.length > outbox.unsentBytesMax) {
    writeGathered(outbox);
  }
}

/** Sends the piece behind all that is pushed; a later one takes its place while it has not left. */
export function pushLast(outbox: Outbox, piece: ByteString): void {
  if (isEmpty(outbox)) outbox.endOfTurn.add(outbox.flush);
  outbox.last = piece;
}

/** More than `unsentBytesMax` were unread, and the client has not read everything since. */
export function isCongested({ congestion }: Outbox): boolean {
  return congestion !== "none";
}

/**
 * Called once per ping interval. Returns whether the client has stopped reading: the congestion, or a block over
 * a few bytes, has lasted since the last call.
 */
export function sweep(outbox: Outbox): boolean {
  const { congestion, wasBlocked, isBlocked, kept } = outbox;
  if (congestion === "old" || (wasBlocked && kept <= fewBytes)) return true;
  if (congestion === "recent") outbox.congestion = "old";
  outbox.wasBlocked = isBlocked;
  return false;
}

function isEmpty({ gathered, last }: Outbox): boolean {
  return gathered === "" && last === "";
}

function flush(outbox: Outbox): void {
  if (!outbox.isBlocked) writeGathered(outbox);
}

/** Writes everything now, whether or not the client reads. */
export function writeGathered(outbox: Outbox): void {
  if (isEmpty(outbox)) return;
  const { gathered, last } = outbox;
  const pieces = last === "" ? gathered : gathered + last;
  outbox.gathered = "";
  outbox.last = "";
  outbox.piecesWaiting = 0;
  write(outbox, pieces);
}

function write(outbox: Outbox, pieces: Piece): void {
  const { socket } = outbox;
  if (!socket.writable) return;
  socket.write(pieces, "latin1");
  if (socket.writableLength === 0) return;
  if (!outbox.isBlocked) block(outbox);
  look(outbox);
}

/** Below the high-water mark there is no `drain`, and a callback for each write would cost every write. */
function block(outbox: Outbox): void {
  outbox.isBlocked = true;
  outbox.socket.write("", "latin1", outbox.unblocked);
}

/** The kernel has taken everything that was written up to the block. */
function unblock(outbox: Outbox): void {
  outbox.isBlocked = false;
  outbox.wasBlocked = false;
  writeGathered(outbox);
  if (outbox.isBlocked) return;
  if (outbox.socket.writableLength > 0) block(outbox);
  count(outbox);
  if (!outbox.isBlocked && outbox.congestion !== "none") turn(outbox, "none");
}

/** Acts on how much is unsent. */
function look(outbox: Outbox): void {
  const { unsentBytesMax, congestion, flow } = outbox;
  count(outbox);
  if (congestion === "none") {
    if (outbox.kept > unsentBytesMax) turn(outbox, "recent");
  } else if (outbox.kept > overflowFactor * unsentBytesMax) {
    flow.overflowing();
  }
}

function count(outbox: Outbox): void {
  const { socket, gathered, piecesWaiting, account } = outbox;
  const unsent = socket.writableLength + gathered.length + piecesWaiting * pieceBytes;
  if (unsent === outbox.kept) return;
  keep(account, unsent - outbox.kept);
  outbox.kept = unsent;
}

function turn(outbox: Outbox, next: "none" | "recent"): void {
  outbox.congestion = next;
  outbox.flow.turned();
}
