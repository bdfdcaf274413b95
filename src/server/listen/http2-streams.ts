import type { ServerHttp2Stream } from "node:http2";
import { type Account, keep } from "../budget/budget.ts";

/** The open streams of one HTTP/2 connection, and how far its client takes the answers. */
export interface Streams {
  readonly account: Account;
  readonly open: Set<OpenStream>;
  /** Streams that were served and wait for their answers. */
  waitingCount: number;
  /** Answered streams that have not closed: the client has not taken the whole answer. */
  unreadCount: number;
  /** Answers that the client has taken. */
  takenTotal: number;
  /** Bytes since the last review that belong to requests, as far as Node lets the server count them. */
  usefulBytes: number;
}

/** One stream, from its HEADERS until it has closed. */
export interface OpenStream {
  readonly stream: ServerHttp2Stream;
  readonly streams: Streams;
  readonly openedAtMs: number;
  /** Bytes that the account counts for it. */
  kept: number;
  isAnswered: boolean;
  /** It was served, and waits for its answer. */
  isWaiting: boolean;
  isClosed: boolean;
  /** It carries a gRPC call that has begun. */
  isCall: boolean;
  /** What it carries learns that it has closed. */
  whenClosed: (() => void) | undefined;
}

/**
 * Bytes for one idle HTTP/2 session: 1,000 of them, with the sockets of their clients in the same process, took
 * 40 KiB of resident memory each.
 */
export const sessionBytes = 32 * 1024;

/** Bytes for one open stream: 10,000 that waited took 5.3 to 6.2 KB of resident memory each. */
export const streamBytes = 6 * 1024;

/**
 * Bytes of one stream that may arrive without the server seeing them: its headers, and as much of a body as the
 * window lets through while the server does not read it (RFC 9113, section 6.9.2).
 */
const unseenBytes = 16 * 1024 + 65_535;

export function createStreams(account: Account): Streams {
  return {
    account,
    open: new Set(),
    waitingCount: 0,
    unreadCount: 0,
    takenTotal: 0,
    usefulBytes: 0,
  };
}

export function openStream(
  streams: Streams,
  stream: ServerHttp2Stream,
  openedAtMs: number,
): OpenStream {
  const opened: OpenStream = {
    stream,
    streams,
    openedAtMs,
    kept: 0,
    isAnswered: false,
    isWaiting: false,
    isClosed: false,
    isCall: false,
    whenClosed: undefined,
  };
  streams.open.add(opened);
  streams.usefulBytes += unseenBytes;
  keepFor(opened, streamBytes);
  return opened;
}

/** The stream has been served. If it is not answered yet, its answer comes later. */
export function served(opened: OpenStream): void {
  if (opened.isAnswered || opened.isClosed) return;
  opened.isWaiting = true;
  opened.streams.waitingCount += 1;
}

function waitsNoMore(opened: OpenStream): void {
  if (!opened.isWaiting) return;
  opened.isWaiting = false;
  opened.streams.waitingCount -= 1;
}

/** The last bytes of the answer have been written; the client has to take them now. */
export function answered(opened: OpenStream, bytes: number): void {
  if (bytes > 0) keepFor(opened, bytes);
  if (opened.isAnswered) return;
  waitsNoMore(opened);
  opened.isAnswered = true;
  opened.streams.unreadCount += 1;
}

/** Counts bytes that are kept until the stream closes; negative: that are no longer kept. */
export function keepFor(opened: OpenStream, bytes: number): void {
  if (opened.isClosed) return;
  opened.kept += bytes;
  keep(opened.streams.account, bytes);
}

/** The stream has closed. */
export function closeStream(opened: OpenStream): void {
  const { streams } = opened;
  keepFor(opened, -opened.kept);
  waitsNoMore(opened);
  opened.isClosed = true;
  streams.open.delete(opened);
  if (!opened.isAnswered) return;
  streams.unreadCount -= 1;
  streams.takenTotal += 1;
}
