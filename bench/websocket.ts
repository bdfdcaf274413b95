import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { type Contender, durable } from "./contender.ts";
import type { Load, LoadAnswer } from "./load.ts";
import { type Measured, measureSideBySide } from "./side-by-side.ts";
import { percent, whole } from "./table.ts";
import { bareEcho, contenders, listenerEcho } from "./websocket/contender.ts";

export const websocket: Bench = {
  name: "websocket",
  question:
    "How many locks per second go through a WebSocket, how long does an answer take, and how much of that is the lock service and not the transport?",
  measure,
};

/** What the clients do. */
type Traffic = Pick<Load, "connections" | "inFlight" | "keys">;

type One = Measured<Traffic, LoadAnswer>;

const connectionCounts: Readonly<Record<Effort["size"], readonly number[]>> = {
  full: [1, 50, 1000],
  tiny: [1, 4],
};
const inFlightCounts = [1, 16] as const;

async function measure(effort: Effort): Promise<readonly Section[]> {
  const measured = await measureSideBySide(
    {
      contenders,
      traffics: trafficsOf(effort.size),
      isMeasured: ({ knowsKeys }, { keys }) => keys === "own" || knowsKeys,
      load: answerOfLoad,
    },
    effort,
  );
  const sections = connectionCounts[effort.size].flatMap((connections) =>
    inFlightCounts.map((inFlight) => trafficSection(measured, connections, inFlight)),
  );
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection(aimsOf(measured))];
}

function trafficsOf(size: Effort["size"]): readonly Traffic[] {
  const keys = ["own", "hot"] as const;
  return connectionCounts[size].flatMap((connections) =>
    inFlightCounts.flatMap((inFlight) => keys.map((key) => ({ connections, inFlight, keys: key }))),
  );
}

function answerOfLoad(
  { port, pid }: ServerProcess,
  traffic: Traffic,
  { warmUpMs, measureMs }: Effort,
): Promise<LoadAnswer> {
  const { connections, inFlight, keys } = traffic;
  const namespace = `bench-${connections}-${inFlight}-${keys}`;
  const load: Load = { ...traffic, port, serverPid: pid, namespace, warmUpMs, measureMs };
  return answerOf(new URL("load.ts", import.meta.url), load);
}

const legend: Section = {
  title: "Servers",
  rows: [
    ["server", "what"],
    ["ws echo", "the library alone, corked once per turn, answers each message with a fixed text"],
    ["listener echo", "the same on our own listener"],
    ["always", "Holdfast, every answer after its fdatasync"],
    ["relaxed", "Holdfast, fdatasync once a second"],
    ["memory", "Holdfast without a disk"],
  ],
  notes: [
    "A cycle is a lock and its release: two messages, two answers, three where the lock was told to wait. Latency is from a message to its first answer. `own`: each connection locks a name of its own; `hot`: all the same one. `of ws` compares frames/s with the ws echo. µs/frame is CPU time of the server, all threads, per answer; frames/s/core follows from it. The load is a process on the same machine.",
  ],
};

function trafficSection(measured: readonly One[], connections: number, inFlight: number): Section {
  const here = measured.filter(
    ({ traffic }) => traffic.connections === connections && traffic.inFlight === inFlight,
  );
  const bare = here.find(({ contender }) => contender === bareEcho);
  const rows = here.map((one) => rowOf(one, bare?.framesPerSecond ?? 0));
  const title = `${whole(connections)} connections, ${inFlight} in flight on each`;
  return {
    title: connections === 1 ? `1 connection, ${inFlight} in flight` : title,
    rows: [head, ...rows],
    notes: [],
  };
}

const head = [
  "server, keys",
  "cycles/s",
  "frames/s",
  "of ws",
  "p50 ms",
  "p99 ms",
  "max ms",
  "µs/frame",
  "frames/s/core",
  "server CPU",
  "load CPU",
];

function rowOf(measured: One, bareFramesPerSecond: number): readonly string[] {
  const { contender, traffic, framesPerSecond } = measured;
  return [
    contender.knowsKeys ? `${contender.name}, ${traffic.keys}` : contender.name,
    whole(measured.cyclesPerSecond),
    whole(framesPerSecond),
    percent(framesPerSecond / bareFramesPerSecond),
    measured.p50Ms.toFixed(2),
    measured.p99Ms.toFixed(2),
    measured.maxMs.toFixed(1),
    microsecondsPerFrame(measured).toFixed(2),
    whole(1e6 / microsecondsPerFrame(measured)),
    percent(measured.serverCores),
    percent(measured.loadCores),
  ];
}

function microsecondsPerFrame({ serverCores, framesPerSecond }: One): number {
  return (serverCores * 1e6) / framesPerSecond;
}

function aimsOf(measured: readonly One[]): readonly Aim[] {
  function find(wanted: Contender, inFlight: number): One {
    const found = measured.find(
      ({ contender, traffic }) =>
        contender === wanted &&
        traffic.connections === 50 &&
        traffic.inFlight === inFlight &&
        traffic.keys === "own",
    );
    if (found === undefined) throw new RangeError(`${wanted.name} was not measured`);
    return found;
  }
  const echo = find(listenerEcho, 1);
  const ours = find(durable, 1);
  const pipelined = 1e6 / microsecondsPerFrame(find(durable, 16));
  const ofEcho = ours.framesPerSecond / echo.framesPerSecond;
  const slower = ours.p99Ms / echo.p99Ms;
  return [
    {
      what: "50 connections, 1 in flight, `always`: frames/s of the listener echo's",
      wanted: "≥ 70 %",
      measured: percent(ofEcho),
      isMet: ofEcho >= 0.7,
    },
    {
      what: "50 connections, 1 in flight, `always`: p99 against the listener echo's",
      wanted: "≤ 3 ×",
      measured: `${slower.toFixed(2)} ×`,
      isMet: slower <= 3,
    },
    {
      what: "50 connections, 16 in flight, `always`: frames/s per core",
      wanted: "> 200,000",
      measured: whole(pipelined),
      isMet: pipelined > 200_000,
    },
  ];
}
