import { type LdlmMethod, pathOf, requestBytes } from "../../ldlm-proto.ts";
import { type Attack, fillSeconds, type Target } from "../attack.ts";
import {
  type Frame,
  flags,
  frameOf,
  greeting,
  grpcFields,
  grpcMessage,
  headerBlock,
  onManyStreams,
} from "../http2-frames.ts";
import { assemble, crowd, openSocket, pour } from "../wire.ts";

/** The connection's window of what it reads: as large as it can be. */
const openWindow = frameOf({
  type: "windowUpdate",
  payload: Buffer.of(0x7f, 0xff, 0, 0),
});

function callOf(method: LdlmMethod, fields: object, more = {}): readonly Frame[] {
  return callAt(pathOf(method), requestBytes(method, fields), more);
}

function callAt(path: string, message: Uint8Array, more = {}): readonly Frame[] {
  const block = headerBlock("POST", path, { ...grpcFields, ...more });
  return [
    { type: "headers", flags: flags.endHeaders, payload: block },
    { type: "data", flags: flags.endStream, payload: grpcMessage(message) },
  ];
}

function flood(name: string, does: string, call: readonly Frame[], connections: number): Attack {
  return {
    name: `grpc-${name}-${connections}`,
    does: `${does}, on ${connections} connections`,
    run: (target) =>
      crowd(target, connections, async () => {
        const socket = await openSocket(target);
        socket.write(Buffer.concat([greeting(), openWindow]));
        await pour(target, socket, onManyStreams(call, 100));
      }),
  };
}

/** Calls of Health.Watch, each of which stays open. */
async function watch(target: Target): Promise<void> {
  const call = callAt("/grpc.health.v1.Health/Watch", Buffer.alloc(0));
  await assemble(target, 20, async () => {
    const socket = await openSocket(target);
    socket.write(Buffer.concat([greeting(), openWindow]));
    const pieces = onManyStreams(call, 100);
    for (let hundred = 0; hundred < 100; hundred += 1) socket.write(pieces());
  });
}

async function wait(target: Target, connections: number): Promise<void> {
  const call = callOf("Lock", { name: "crowded" });
  await assemble(target, connections, async () => {
    const socket = await openSocket(target);
    socket.write(Buffer.concat([greeting(), openWindow]));
    const pieces = onManyStreams(call, 100);
    for (let hundred = 0; hundred < 100; hundred += 1) socket.write(pieces());
  });
}

export const grpcAttacks: readonly Attack[] = [
  {
    name: "grpc-waiters",
    seconds: fillSeconds,
    does: "55 connections of 10,000 calls that wait for one lock, cut all at once",
    run: (target) => wait(target, 55),
  },
  {
    name: "grpc-waiters-cut",
    does: "5 connections of 10,000 calls that wait for one lock, cut all at once",
    seconds: 5,
    run: (target) => wait(target, 5),
  },
  {
    name: "grpc-watches",
    seconds: fillSeconds,
    does: "20 connections of 10,000 calls of Health.Watch, which do not end",
    run: watch,
  },
  flood("try-locks", "TryLock of a lock that is held", callOf("TryLock", { name: "g" }), 1),
  flood("try-locks", "TryLock of a lock that is held", callOf("TryLock", { name: "g" }), 100),
  flood("checks", "health checks", callAt("/grpc.health.v1.Health/Check", Buffer.alloc(0)), 8),
  flood("unknown", "calls of a method that is not there", callAt("/a.B/C", Buffer.alloc(0)), 8),
  {
    ...flood(
      "wrong-passwords",
      "calls with a wrong password",
      callOf("TryLock", { name: "g" }, { authorization: "wrong" }),
      8,
    ),
    argv: ["--ldlm-password", "right"],
  },
];
