import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { type Contender, durable, echo, holdfasts } from "./contender.ts";
import type { GrpcLoad, GrpcLoadAnswer } from "./grpc-load.ts";
import {
  type Measured,
  measureSideBySide,
  observationCells,
  observationHead,
} from "./side-by-side.ts";
import { percent, whole } from "./table.ts";

export const grpc: Bench = {
  name: "grpc",
  question:
    "How many locks per second go through LDLM's gRPC, how long does a call take, and how is that beside a bare echo service of grpc-js?",
  measure,
};

const bareEcho = echo("grpc-js echo", new URL("grpc/echo.ts", import.meta.url));
const contenders: readonly Contender[] = [bareEcho, ...holdfasts];

type One = Measured<number, GrpcLoadAnswer>;

const connectionCounts: Readonly<Record<Effort["size"], readonly number[]>> = {
  full: [1, 50, 500],
  tiny: [1, 4],
};

async function measure(effort: Effort): Promise<readonly Section[]> {
  const traffics = connectionCounts[effort.size];
  const measured = await measureSideBySide({ contenders, traffics, load }, effort);
  const sections = traffics.map((connections) => section(measured, connections));
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection([aimOf(measured)])];
}

function load(
  { port, pid }: ServerProcess,
  connections: number,
  { warmUpMs, measureMs }: Effort,
): Promise<GrpcLoadAnswer> {
  const question: GrpcLoad = { port, serverPid: pid, connections, warmUpMs, measureMs };
  return answerOf(new URL("grpc-load.ts", import.meta.url), question);
}

const legend: Section = {
  title: "Servers",
  rows: [
    ["server", "what"],
    [
      "grpc-js echo",
      "a service of `@grpc/grpc-js` alone, which answers at once with fixed messages",
    ],
    ["always", "Holdfast, every answer after its fdatasync"],
    ["relaxed", "Holdfast, fdatasync once a second"],
    ["memory", "Holdfast without a disk"],
  ],
  notes: [
    "A pair is a TryLock and the Unlock with its key, on a name of the connection's own, one call at a time on each connection. `of echo` compares calls/s with the echo service. µs/call is CPU time of the server, all threads. The load is a process on the same machine, of raw HTTP/2 frames, so that it is the server that is measured.",
  ],
};

function section(measured: readonly One[], connections: number): Section {
  const here = measured.filter(({ traffic }) => traffic === connections);
  const bare = here.find(({ contender }) => contender === bareEcho)?.callsPerSecond ?? 0;
  const title = connections === 1 ? "1 connection" : `${whole(connections)} connections`;
  return { title, rows: [head, ...here.map((one) => rowOf(one, bare))], notes: [] };
}

const head = ["server", "pairs/s", "calls/s", "of echo", ...observationHead("call")];

function rowOf(measured: One, bareCallsPerSecond: number): readonly string[] {
  const { contender, callsPerSecond } = measured;
  return [
    contender.name,
    whole(callsPerSecond / 2),
    whole(callsPerSecond),
    percent(callsPerSecond / bareCallsPerSecond),
    ...observationCells(measured, callsPerSecond),
  ];
}

function aimOf(measured: readonly One[]): Aim {
  const callsPerSecond = (wanted: Contender) =>
    measured.find(({ contender, traffic }) => contender === wanted && traffic === 50)
      ?.callsPerSecond ?? Number.NaN;
  const ofEcho = callsPerSecond(durable) / callsPerSecond(bareEcho);
  return {
    what: "50 connections, `always`: calls/s of the echo service's",
    wanted: "≥ 75 %",
    measured: percent(ofEcho),
    isMet: ofEcho >= 0.75,
  };
}
