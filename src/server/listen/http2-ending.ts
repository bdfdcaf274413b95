import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../clock.ts";
import type { Streams } from "./http2-streams.ts";

/**
 * Ends HTTP/2 connections, few of their streams in one turn of the event loop. By itself Node destroys all streams
 * of a connection in one go: for some connections with 10,000 waiting calls each that took seconds.
 *
 *   ended ──the next turn──▶ socket destroyed ──some streams a turn──▶ without streams ──▶ session destroyed
 */
export interface Endings {
  readonly clock: Pick<Clock, "nowMs" | "soon">;
  readonly waiting: Set<Ending>;
  isScheduled: boolean;
}

export interface Ending {
  readonly session: ServerHttp2Session;
  /** Those that are not destroyed yet; the socket is, so that no frame is made for each. */
  readonly streams: ServerHttp2Stream[];
}

interface Ended {
  readonly session: ServerHttp2Session;
  readonly socket: Socket;
  readonly streams: Streams;
}

/** Time in one turn for the streams of all connections together, in ms, and streams between two looks at the clock. */
const endingMsMax = 2;
const streamsAtOnce = 8;

export function createEndings(clock: Endings["clock"]): Endings {
  return { clock, waiting: new Set(), isScheduled: false };
}

/** Once it is here, the end of the socket no longer makes Node destroy all streams. */
export function takeOverEnd(socket: Socket): void {
  for (const event of ["error", "close"]) {
    for (const listener of socket.listeners(event)) {
      const isOfNode = listener.name === "socketOnError" || listener.name === "socketOnClose";
      if (isOfNode) socket.off(event, listener as () => void);
    }
  }
}

export function endInSteps(endings: Endings, { session, socket, streams }: Ended): void {
  const ending: Ending = {
    session,
    streams: Array.from(streams.open, ({ stream }) => stream),
  };
  // The server's last frames, such as GOAWAY, leave in this turn.
  endings.clock.soon(() => {
    socket.destroy();
    if (ending.streams.length === 0) session.destroy();
    else wait(endings, ending);
  });
}

function wait(endings: Endings, ending: Ending): void {
  endings.waiting.add(ending);
  schedule(endings);
}

function schedule(endings: Endings): void {
  if (endings.isScheduled || endings.waiting.size === 0) return;
  endings.isScheduled = true;
  endings.clock.soon(() => step(endings));
}

function step(endings: Endings): void {
  endings.isScheduled = false;
  const { clock, waiting } = endings;
  const untilMs = clock.nowMs() + endingMsMax;
  for (const ending of waiting) {
    do {
      for (const stream of ending.streams.splice(-streamsAtOnce)) {
        stream.close(constants.NGHTTP2_CANCEL);
        stream.destroy();
      }
    } while (ending.streams.length > 0 && clock.nowMs() < untilMs);
    if (ending.streams.length > 0) break;
    waiting.delete(ending);
    ending.session.destroy();
  }
  schedule(endings);
}
