/** Frames and messages that cost a server more than their sender, over the WebSockets of both APIs. */
import { call, methods } from "../../../test/conformance/softvisio/case.ts";
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import { frame, opcodes, textFrame } from "../websocket-frames.ts";
import { assemble, batch, crowd, openWebSocket, pour, repeated, trickle } from "../wire.ts";

export const softvisioPath = "/api/";
const locktopusPath = "/v1?namespace=flood";

interface Flood {
  readonly name: string;
  readonly does: string;
  readonly path: string;
  readonly piece: Buffer;
  /** Clients that read nothing when they are deaf. */
  readonly isDeaf?: true;
}

function flood({ name, does, path, piece, isDeaf }: Flood, connections: number): Attack {
  return {
    name: `${name}-${connections}`,
    does: `${does}, on ${connections === 1 ? "one connection" : `${connections} connections`}`,
    run: (target) =>
      crowd(target, connections, async () => {
        const socket = await openWebSocket(target, path);
        if (isDeaf) socket.pause();
        await pour(target, socket, () => piece);
      }),
  };
}

const oneByte = batch(frame(opcodes.text, "x"));

/** Whole messages, each of so many fragments without a byte. */
function emptyFragments(fragments: number): Buffer {
  const empty = frame(opcodes.continuation, "", { isFinal: false });
  return Buffer.concat([
    frame(opcodes.text, "", { isFinal: false }),
    repeated(empty, fragments - 2),
    frame(opcodes.continuation, "{}"),
  ]);
}

const floods = {
  oneByte: {
    name: "one-byte-frames",
    does: "frames of one byte as fast as they are read",
    path: softvisioPath,
    piece: oneByte,
  },
  invalidJson: {
    name: "invalid-json",
    does: "frames of 100 bytes that are no JSON",
    path: softvisioPath,
    piece: batch(textFrame(`{"method":${"x".repeat(90)}`)),
  },
  emptyFragments: {
    name: "empty-fragments",
    does: "messages of 4,000 empty fragments",
    path: softvisioPath,
    piece: emptyFragments(4000),
  },
  pings: {
    name: "pings",
    does: "pings of 125 bytes, pongs read",
    path: locktopusPath,
    piece: batch(frame(opcodes.ping, "x".repeat(125))),
  },
  tinyPings: {
    name: "tiny-pings-unread",
    does: "pings of one byte, pongs not read",
    path: locktopusPath,
    piece: batch(frame(opcodes.ping, "x")),
    isDeaf: true,
  },
  unreadCalls: {
    name: "calls-unread",
    does: "calls of /healthcheck, answers not read",
    path: softvisioPath,
    piece: batch(textFrame(call(1, "/healthcheck"))),
    isDeaf: true,
  },
  schemas: {
    name: "softvisio-schema-calls",
    does: "calls of /schema, answers read",
    path: softvisioPath,
    piece: batch(textFrame(call(1, "/schema"))),
  },
  tinyCalls: {
    name: "softvisio-tiny-calls",
    does: "calls of is-locked, answers read",
    path: softvisioPath,
    piece: batch(textFrame(call(1, methods.isLocked, "m"))),
  },
  tinyLocks: {
    name: "softvisio-try-locks",
    does: "calls of try-lock on a mutex that is held, answers read",
    path: softvisioPath,
    piece: batch(textFrame(call(1, methods.tryLock, "m"))),
  },
  aborts: {
    name: "softvisio-aborts",
    does: "a lock that waits and its abort, again and again",
    path: softvisioPath,
    piece: batch(
      Buffer.concat([
        textFrame(call("i", methods.lock, "m")),
        textFrame(call(undefined, "/abort", "i")),
      ]),
    ),
  },
  deepJson: {
    name: "deep-json",
    does: "messages of JSON a million deep",
    path: softvisioPath,
    piece: textFrame("[".repeat(1_000_000)),
  },
  manyKeys: {
    name: "many-keys",
    does: "objects of 100,000 keys",
    path: softvisioPath,
    piece: textFrame(
      `{${Array.from({ length: 100_000 }, (_, place) => `"${place.toString(36)}":0`).join(",")}}`,
    ),
  },
} as const satisfies Record<string, Flood>;

const dribbled = textFrame(`{"jsonrpc":"2.0","method":"/ping"}`);

async function dribble(target: Target): Promise<void> {
  await crowd(target, 200, async () => {
    const socket = await openWebSocket(target, softvisioPath);
    let at = -1;
    await pour(target, socket, () => {
      at = (at + 1) % dribbled.length;
      return dribbled.subarray(at, at + 1);
    });
  });
}

async function leaveUnfinished(target: Target): Promise<void> {
  const begun = frame(opcodes.text, "x".repeat(1024 * 1024 - 100), { isFinal: false });
  await assemble(target, 3000, async () => {
    const socket = await openWebSocket(target, softvisioPath);
    socket.write(begun);
  });
}

export const webSocketAttacks: readonly Attack[] = [
  {
    name: "one-byte-frames-1-mb-a-second",
    does: "frames of one byte, 1 MB a second, on one connection",
    run: (target) =>
      crowd(target, 1, async () => {
        const socket = await openWebSocket(target, softvisioPath);
        await trickle(target, socket, {
          piece: repeated(frame(1, "x"), 1000),
          bytesPerSecond: 1e6,
        });
      }),
  },
  flood(floods.oneByte, 1),
  flood(floods.oneByte, 100),
  flood(floods.invalidJson, 1),
  flood(floods.invalidJson, 100),
  flood(floods.emptyFragments, 1),
  flood(floods.emptyFragments, 100),
  flood(floods.pings, 1),
  flood(floods.pings, 100),
  flood(floods.tinyPings, 30),
  flood(floods.unreadCalls, 30),
  flood(floods.schemas, 8),
  flood(floods.tinyCalls, 1),
  flood(floods.tinyCalls, 100),
  flood(floods.tinyLocks, 100),
  flood(floods.aborts, 8),
  flood(floods.deepJson, 8),
  flood(floods.manyKeys, 8),
  {
    name: "dribbled-frames",
    does: "a small message byte by byte, on 200 connections",
    run: dribble,
  },
  {
    name: "unfinished-fragments",
    seconds: fillSeconds,
    does: "3,000 messages of 1 MiB that do not end, each on its own connection",
    run: leaveUnfinished,
  },
];
