import type { Socket } from "node:net";
import {
  type Account,
  keep,
  leaveLine,
  mayWork,
  sliceMs,
  waitInLine,
  worked,
} from "../budget/budget.ts";

/**
 * Delivers the bytes of one connection to their reader, as far as the turn of its account goes. The rest is held,
 * and nothing is read meanwhile.
 *
 *   reading ──the slice is over, pause()──▶ holding ──a turn, resume()──▶ reading
 *      └──────────────── end() ────────────────┴──▶ ended
 *
 * The socket may report the peer's end while the feed holds bytes; the reader learns of it behind them.
 */
export interface Feed {
  /** Delivers nothing from now on, not even the rest of the present chunk. */
  pause(): void;
  resume(): void;
  /** Bytes that have arrived wait for a turn or for `resume`. */
  isHolding(): boolean;
  /** Ends the feed and stops reading. Returns the bytes that it has not delivered. */
  end(): Buffer;
}

export interface FeedOptions {
  readonly socket: Socket;
  readonly account: Account;
  /** Takes bytes, which may be part of a chunk. */
  deliver(bytes: Buffer): void;
  /** The peer has ended its side, and everything from it has been delivered. */
  ended(): void;
  /** Whether the reader takes bytes now; when it does again, it resumes the socket. Absent: it always does. */
  readonly isReady?: (() => boolean) | undefined;
}

/** Bytes that are delivered between two looks at the clock: more while they are cheap, as those of a body are. */
const sliceBytesMin = 1024;
const sliceBytesMax = 8 * 1024;

/** The first bytes of a light account, which mostly are all; a reader works best on whole chunks. */
const sliceBytesAtOnce = 4 * 1024;

/** A slice that took less was cheap, in ms. */
const cheapMs = 0.1;

interface State extends FeedOptions {
  /** In the order of their arrival; `keep` counts them. */
  held: Buffer[];
  /** The chunk in delivery, of which `done` bytes are delivered. */
  chunk: Buffer | undefined;
  done: number;
  isPaused: boolean;
  /** The held bytes are the last, because the peer has ended its side. */
  isLast: boolean;
  isEnded: boolean;
  readonly receive: (chunk: Buffer) => void;
  readonly goOn: () => void;
  readonly flowing: () => void;
  readonly finish: () => void;
}

/** The socket flows from now on. */
export function createFeed(options: FeedOptions): Feed {
  const { socket, account, deliver, ended, isReady } = options;
  // Each named here, since V8 keeps what comes behind a spread apart.
  const feed: State = {
    socket,
    account,
    deliver,
    ended,
    isReady,
    held: [],
    chunk: undefined,
    done: 0,
    isPaused: false,
    isLast: false,
    isEnded: false,
    receive: (chunk) => receive(feed, chunk),
    goOn: () => goOn(feed),
    flowing() {
      if (feed.held.length > 0) wait(feed);
    },
    finish() {
      feed.isLast = feed.held.length > 0;
      if (!feed.isLast) feed.ended();
    },
  };
  feed.socket.on("data", feed.receive);
  feed.socket.on("end", feed.finish);
  if (feed.isReady !== undefined) feed.socket.on("resume", feed.flowing);
  feed.socket.resume();
  return {
    pause() {
      if (feed.isEnded) return;
      feed.isPaused = true;
      feed.socket.pause();
    },
    resume() {
      if (!feed.isPaused || feed.isEnded) return;
      feed.isPaused = false;
      if (feed.chunk !== undefined) feed.socket.resume();
      else if (feed.held.length > 0) wait(feed);
      else goOn(feed);
    },
    isHolding: () => feed.held.length > 0,
    end: () => end(feed),
  };
}

function receive(feed: State, chunk: Buffer): void {
  const { account } = feed;
  const nowMs = account.turns.clock.nowMs();
  if (isHalted(feed) || feed.held.length > 0) {
    hold(feed, chunk);
    wait(feed);
  } else if (!mayWork(account, nowMs, chunk.length)) {
    hold(feed, chunk);
    // Mostly the turn comes before the next chunk, so the socket flows on.
    waitInLine(account, feed.goOn, chunk.length);
  } else {
    deliver(feed, chunk, nowMs, sliceBytesAtOnce);
  }
}

/** Delivers the chunk until the slice of time is over, and holds the rest. */
function deliver(feed: State, chunk: Buffer, fromMs: number, sliceBytesFirst: number): void {
  const { account } = feed;
  const { turns, debtMs } = account;
  let nowMs = fromMs;
  let sliceBytes = sliceBytesFirst;
  feed.chunk = chunk;
  feed.done = 0;
  // Work that the bytes cause later counts, too.
  while (
    feed.done < chunk.length &&
    !isHalted(feed) &&
    nowMs - fromMs + account.debtMs - debtMs < sliceMs
  ) {
    const from = feed.done;
    const to = Math.min(chunk.length, from + sliceBytes);
    feed.done = to;
    feed.deliver(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
    const beganMs = nowMs;
    nowMs = turns.clock.nowMs();
    sliceBytes =
      nowMs - beganMs < cheapMs ? Math.min(2 * sliceBytes, sliceBytesMax) : sliceBytesMin;
  }
  feed.chunk = undefined;
  worked(account, nowMs - fromMs, nowMs);
  if (feed.done < chunk.length && !feed.isEnded) {
    hold(feed, chunk.subarray(feed.done), "first");
    wait(feed);
  }
}

function hold(feed: State, chunk: Buffer, place: "first" | "last" = "last"): void {
  keep(feed.account, chunk.length);
  if (place === "first") feed.held.unshift(chunk);
  else feed.held.push(chunk);
}

/** Reads no more until the held bytes have been delivered. */
function wait(feed: State): void {
  if (feed.isEnded) return;
  feed.socket.pause();
  if (!isHalted(feed) && feed.account.work === undefined) {
    waitInLine(feed.account, feed.goOn, heldBytes(feed));
  }
}

function heldBytes({ held }: State): number {
  return held.reduce((sum, { length }) => sum + length, 0);
}

function goOn(feed: State): void {
  if (isHalted(feed)) return;
  const next = feed.held.shift();
  if (next !== undefined) {
    keep(feed.account, -next.length);
    deliver(feed, next, feed.account.turns.clock.nowMs(), sliceBytesMin);
  }
  if (feed.isEnded) return;
  if (feed.held.length > 0) wait(feed);
  else if (feed.isLast) feed.finish();
  else if (!isHalted(feed)) feed.socket.resume();
}

function isHalted(feed: State): boolean {
  return feed.isPaused || feed.isEnded || feed.isReady?.() === false;
}

function end(feed: State): Buffer {
  const { socket, account, held, chunk, done } = feed;
  if (feed.isEnded) return nothing;
  feed.isEnded = true;
  socket.off("data", feed.receive);
  socket.off("resume", feed.flowing);
  socket.off("end", feed.finish);
  leaveLine(account);
  for (const { length } of held) keep(account, -length);
  feed.held = [];
  if (chunk !== undefined) return Buffer.concat([chunk.subarray(done), ...held]);
  return held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
}

const nothing = Buffer.alloc(0);
