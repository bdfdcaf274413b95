import type { Socket } from "node:net";
import { type Account, keep, mayWork, sliceMs, waitInLine, worked } from "../budget/budget.ts";

/**
 * Delivers the bytes of one connection to their reader, as far as the turn of its account goes. The rest is held,
 * and nothing is read meanwhile.
 *
 *   reading ──the slice is over, pause()──▶ holding ──a turn, resume()──▶ reading
 *      └──────────────── end() ────────────────┴──▶ ended
 */
export interface Feed {
  /** Delivers nothing from now on, not even the rest of the present chunk. */
  pause(): void;
  resume(): void;
  /** Ends the feed and stops reading. Returns the bytes that it held. */
  end(): Buffer;
}

export interface FeedOptions {
  readonly socket: Socket;
  readonly account: Account;
  /** Takes bytes, which may be part of a chunk. */
  deliver(bytes: Buffer): void;
  /** Whether the reader takes bytes now; when it does again, it resumes the socket. Absent: it always does. */
  isReady?(): boolean;
}

/** Bytes that are delivered between two looks at the clock. */
const sliceBytes = 1024;

interface State extends FeedOptions {
  /** In the order of their arrival; `keep` counts them. */
  held: Buffer[];
  isPaused: boolean;
  isDelivering: boolean;
  isEnded: boolean;
  readonly receive: (chunk: Buffer) => void;
  readonly flowing: () => void;
}

/** The socket flows from now on. */
export function createFeed(options: FeedOptions): Feed {
  const feed: State = {
    ...options,
    held: [],
    isPaused: false,
    isDelivering: false,
    isEnded: false,
    receive: (chunk) => receive(feed, chunk),
    flowing() {
      if (feed.held.length > 0) wait(feed);
    },
  };
  feed.socket.on("data", feed.receive);
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
      if (!feed.isDelivering) goOn(feed);
    },
    end: () => end(feed),
  };
}

function receive(feed: State, chunk: Buffer): void {
  const { account } = feed;
  const nowMs = account.turns.clock.nowMs();
  if (isHalted(feed) || feed.held.length > 0 || !mayWork(account, nowMs)) {
    hold(feed, chunk);
    wait(feed);
  } else {
    deliver(feed, chunk, nowMs);
  }
}

/** Delivers the chunk until the slice of time is over, and holds the rest. */
function deliver(feed: State, chunk: Buffer, fromMs: number): void {
  const { account } = feed;
  const { turns, debtMs } = account;
  let nowMs = fromMs;
  let done = 0;
  feed.isDelivering = true;
  // What the bytes cause later counts, too.
  while (
    done < chunk.length &&
    !isHalted(feed) &&
    nowMs - fromMs + account.debtMs - debtMs < sliceMs
  ) {
    const from = done;
    done = Math.min(chunk.length, done + sliceBytes);
    feed.deliver(from === 0 && done === chunk.length ? chunk : chunk.subarray(from, done));
    nowMs = turns.clock.nowMs();
  }
  feed.isDelivering = false;
  worked(account, nowMs - fromMs, nowMs);
  if (done < chunk.length) {
    hold(feed, chunk.subarray(done), "first");
    wait(feed);
  }
}

function hold(feed: State, chunk: Buffer, place: "first" | "last" = "last"): void {
  keep(feed.account, chunk.length);
  if (place === "first") feed.held.unshift(chunk);
  else feed.held.push(chunk);
}

/** Reads no more until what is held has been delivered. */
function wait(feed: State): void {
  if (feed.isEnded) return;
  feed.socket.pause();
  if (!isHalted(feed) && feed.account.work === undefined) {
    waitInLine(feed.account, () => goOn(feed));
  }
}

function goOn(feed: State): void {
  if (isHalted(feed)) return;
  const next = feed.held.shift();
  if (next !== undefined) {
    keep(feed.account, -next.length);
    deliver(feed, next, feed.account.turns.clock.nowMs());
  }
  if (feed.held.length > 0) wait(feed);
  else if (!isHalted(feed)) feed.socket.resume();
}

function isHalted(feed: State): boolean {
  return feed.isPaused || feed.isEnded || feed.isReady?.() === false;
}

function end(feed: State): Buffer {
  feed.isEnded = true;
  feed.socket.off("data", feed.receive);
  feed.socket.off("resume", feed.flowing);
  const rest = feed.held.length === 1 ? (feed.held[0] as Buffer) : Buffer.concat(feed.held);
  keep(feed.account, -rest.length);
  feed.held = [];
  return rest;
}
