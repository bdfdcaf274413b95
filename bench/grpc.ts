import { type Aim, aimSection, type Bench, type Effort, median, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { type Contender, durable, echo, holdfasts } from "./contender.ts";
import type { GrpcLoad, GrpcLoadAnswer } from "./grpc-load.ts";
import { percent, whole } from "./table.ts";

export const grpc: Bench = {
  name: "grpc",
  question:
    "How many locks per second go through LDLM's gRPC, how long does a call take, and how is that beside a bare echo service of grpc-js?",
  measure,
};

const bareEcho = echo("grpc-js echo", new URL("grpc/echo.ts", import.meta.url));
const contenders: readonly Contender[] = [bareEcho, ...holdfasts];

interface Measured extends GrpcLoadAnswer {
  readonly contender: Contender;
  readonly connections: number;
}

const connectionCounts: Readonly<Record<Effort["size"], readonly number[]>> = {
  full: [1, 50, 500],
  tiny: [1, 4],
};

async function measure(effort: Effort): Promise<readonly Section[]> {
  const runs: Measured[][] = [];
  for (let run = 0; run < effort.runs; run += 1) runs.push(await measureOnce(effort));
  const measured = medians(runs);
  const sections = connectionCounts[effort.size].map((connections) =>
    section(measured, connections),
  );
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection([aimOf(measured)])];
}

/** All servers stand side by side and have their turn one after the other. */
async function measureOnce(effort: Effort): Promise<Measured[]> {
  const servers: { readonly contender: Contender; readonly server: ServerProcess }[] = [];
  const measured: Measured[] = [];
  try {
    for (const contender of contenders) {
      servers.push({ contender, server: await contender.start() });
    }
    for (const connections of connectionCounts[effort.size]) {
      for (const { contender, server } of servers) {
        measured.push({ contender, connections, ...(await load(server, connections, effort)) });
      }
    }
  } finally {
    for (const { server } of servers) await server.stop();
  }
  return measured;
}

function load(
  { port, pid }: ServerProcess,
  connections: number,
  { warmUpMs, measureMs }: Effort,
): Promise<GrpcLoadAnswer> {
  const question: GrpcLoad = { port, serverPid: pid, connections, warmUpMs, measureMs };
  return answerOf(new URL("grpc-load.ts", import.meta.url), question);
}

/** Each run measured the same, in the same order. */
function medians(runs: readonly (readonly Measured[])[]): readonly Measured[] {
  const [first = []] = runs;
  return first.map(({ contender, connections }, place) => {
    const same = runs.map((run) => run[place] as Measured);
    const of = (figure: keyof GrpcLoadAnswer) => median(same.map((measured) => measured[figure]));
    return {
      contender,
      connections,
      callsPerSecond: of("callsPerSecond"),
      p50Ms: of("p50Ms"),
      p99Ms: of("p99Ms"),
      maxMs: of("maxMs"),
      serverCores: of("serverCores"),
      loadCores: of("loadCores"),
    };
  });
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

function section(measured: readonly Measured[], connections: number): Section {
  const here = measured.filter((one) => one.connections === connections);
  const bare = here.find(({ contender }) => contender === bareEcho)?.callsPerSecond ?? 0;
  const title = connections === 1 ? "1 connection" : `${whole(connections)} connections`;
  return { title, rows: [head, ...here.map((one) => rowOf(one, bare))], notes: [] };
}

const head = [
  "server",
  "pairs/s",
  "calls/s",
  "of echo",
  "p50 ms",
  "p99 ms",
  "max ms",
  "µs/call",
  "server CPU",
  "load CPU",
];

function rowOf(measured: Measured, bareCallsPerSecond: number): readonly string[] {
  const { contender, callsPerSecond, serverCores, loadCores } = measured;
  return [
    contender.name,
    whole(callsPerSecond / 2),
    whole(callsPerSecond),
    percent(callsPerSecond / bareCallsPerSecond),
    measured.p50Ms.toFixed(2),
    measured.p99Ms.toFixed(2),
    measured.maxMs.toFixed(1),
    ((serverCores * 1e6) / callsPerSecond).toFixed(1),
    percent(serverCores),
    percent(loadCores),
  ];
}

function aimOf(measured: readonly Measured[]): Aim {
  const callsPerSecond = (wanted: Contender) =>
    measured.find(({ contender, connections }) => contender === wanted && connections === 50)
      ?.callsPerSecond ?? Number.NaN;
  const ofEcho = callsPerSecond(durable) / callsPerSecond(bareEcho);
  return {
    what: "50 connections, `always`: calls/s of the echo service's",
    wanted: "≥ 75 %",
    measured: percent(ofEcho),
    isMet: ofEcho >= 0.75,
  };
}
