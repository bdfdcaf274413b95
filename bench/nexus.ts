import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { type Contender, echo, holdfast } from "./contender.ts";
import type { EventsLoad, EventsLoadAnswer } from "./events-load.ts";
import type { Load, LoadAnswer } from "./load.ts";
import type { NexusLoad, NexusLoadAnswer } from "./nexus-load.ts";
import type { NexusPipesLoad, NexusPipesLoadAnswer } from "./nexus-pipes-load.ts";
import type { Observation } from "./observation.ts";
import { type Measured, measureSideBySide, observationHead, rateRow } from "./side-by-side.ts";
import { percent } from "./table.ts";

export const nexus: Bench = {
  name: "nexus",
  question:
    "How many calls of Nexus are answered per second, and how is that beside a bare `node:net` server, beside Locktopus's API for locks and beside softvisio's for events?",
  measure,
};

/** Everybody may do everything, so that the load need not log in. */
const flags = ["--nexus-nobody-tags", "@admin"];
const bare = echo("node:net", new URL("nexus/echo.ts", import.meta.url));
const overNexus = holdfast("Nexus", flags);
const overLocktopus = holdfast("Locktopus", []);
const overSoftvisio = holdfast("softvisio", []);

/** What is done, so many times a second. */
interface Rated extends Observation {
  readonly perSecond: number;
}

interface Traffic {
  readonly does: "ping" | "lock" | "write" | "publish";
  /** That call, or read. */
  readonly connections: number;
  /** That they read; each publication goes to all of them. */
  readonly pipes?: number;
  readonly inFlight: number;
}

type One = Measured<Traffic, Rated>;

const trafficsBySize: Readonly<Record<Effort["size"], readonly Traffic[]>> = {
  full: [
    { does: "ping", connections: 1, inFlight: 64 },
    { does: "ping", connections: 50, inFlight: 16 },
    { does: "lock", connections: 50, inFlight: 1 },
    { does: "lock", connections: 50, inFlight: 16 },
    { does: "write", connections: 1, pipes: 1, inFlight: 1 },
    { does: "write", connections: 1, pipes: 1, inFlight: 16 },
    { does: "publish", connections: 10, pipes: 1000, inFlight: 1 },
    { does: "publish", connections: 10, pipes: 1000, inFlight: 16 },
    { does: "publish", connections: 1000, pipes: 1000, inFlight: 1 },
    { does: "publish", connections: 1000, pipes: 1000, inFlight: 16 },
  ],
  tiny: [
    { does: "ping", connections: 1, inFlight: 2 },
    { does: "lock", connections: 2, inFlight: 1 },
    { does: "write", connections: 1, pipes: 1, inFlight: 2 },
    { does: "publish", connections: 2, pipes: 4, inFlight: 2 },
  ],
};

const beside = {
  ping: [bare, overNexus],
  lock: [overLocktopus, overNexus],
  write: [overNexus],
  publish: [overSoftvisio, overNexus],
} as const satisfies Record<Traffic["does"], readonly Contender[]>;

async function measure(effort: Effort): Promise<readonly Section[]> {
  const traffics = trafficsBySize[effort.size];
  const isMeasured = (contender: Contender, { does }: Traffic) =>
    (beside[does] as readonly Contender[]).includes(contender);
  const measured: readonly One[] = await measureSideBySide(
    { contenders, traffics, isMeasured, load },
    effort,
  );
  const sections = traffics.map((traffic) => section(measured, traffic));
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection(aimsOf(measured))];
}

const contenders: readonly Contender[] = [bare, overLocktopus, overSoftvisio, overNexus];

async function load(
  { port, pid: serverPid }: ServerProcess,
  { does, connections, pipes = connections, inFlight }: Traffic,
  { warmUpMs, measureMs }: Effort,
  contender: Contender,
): Promise<Rated> {
  const all = { port, serverPid, warmUpMs, measureMs, inFlight };
  if (contender === overLocktopus) {
    const question: Load = { ...all, connections, namespace: "bench", keys: "own" };
    const answer = await ask<LoadAnswer>("load.ts", question);
    return { ...answer, perSecond: answer.framesPerSecond };
  }
  if (contender === overSoftvisio) {
    const question: EventsLoad = { ...all, subscribers: pipes };
    const answer = await ask<EventsLoadAnswer>("events-load.ts", question);
    return { ...answer, perSecond: answer.deliveriesPerSecond };
  }
  if (does === "write" || does === "publish") {
    const question: NexusPipesLoad = { ...all, pipes, connections, does };
    const answer = await ask<NexusPipesLoadAnswer>("nexus-pipes-load.ts", question);
    return { ...answer, perSecond: answer.deliveriesPerSecond };
  }
  const question: NexusLoad = { ...all, connections, does };
  const answer = await ask<NexusLoadAnswer>("nexus-load.ts", question);
  return { ...answer, perSecond: answer.callsPerSecond };
}

function ask<Answer>(file: string, question: object): Promise<Answer> {
  return answerOf<Answer>(new URL(file, import.meta.url), question);
}

const legend: Section = {
  title: "Servers",
  rows: [
    ["server", "what"],
    ["node:net", "splits lines, parses each as JSON and answers it, and does nothing else"],
    ["Nexus", "Holdfast over Nexus's TCP, every lock after its fdatasync"],
    ["Locktopus", "Holdfast over Locktopus's WebSocket, the same locks"],
    ["softvisio", "Holdfast over softvisio's WebSocket: the events of `bench events`"],
  ],
  notes: [
    "A ping is `sys.ping`. Locks are `sync.lock` and `sync.unlock` by turns, on a name of the connection's own; beside them stand Locktopus's lock and release. A message counts when it was read from a pipe with `pipe.read`, which takes a further call for each read, and all messages that are there. An event of softvisio goes to a connection of its own for each pipe. Latency is from a call to its answer, or from a message to its reader. µs/answer is CPU time of the server, all threads.",
  ],
};

const titles = {
  ping: (connections: string) => `sys.ping, ${connections}`,
  lock: (connections: string) => `Locks, ${connections}`,
  write: () => "pipe.write to pipe.read, 1 pipe",
  publish: (connections: string) =>
    `topic.pub to 1,000 pipes of ${connections}, softvisio's events to 1,000 connections`,
} as const satisfies Record<Traffic["does"], (connections: string) => string>;

function section(measured: readonly One[], traffic: Traffic): Section {
  const here = measured.filter((one) => one.traffic === traffic);
  const { does, connections, inFlight } = traffic;
  const title = titles[does](connections === 1 ? "1 connection" : `${connections} connections`);
  return {
    title: `${title}, ${inFlight} in flight`,
    rows: [head, ...here.map((one) => rateRow(one, one.perSecond, here[0]?.perSecond ?? 0))],
    notes: [],
  };
}

const head = ["server", "answers/s", "of first", ...observationHead("answer")];

const wanted = { ping: 0.7, lock: 1, write: undefined, publish: 0.8 } as const;

function aimsOf(measured: readonly One[]): readonly Aim[] {
  return measured.flatMap(({ contender, traffic, perSecond }) => {
    const { does, connections, inFlight } = traffic;
    const least = wanted[does];
    const [other] = beside[does];
    const first = measured.find((one) => one.traffic === traffic && one.contender === other);
    if (least === undefined || first === undefined || contender !== overNexus) return [];
    const ofOther = perSecond / first.perSecond;
    const what = `${does}, ${connections} connections, ${inFlight} in flight: of ${other.name}`;
    return [
      { what, wanted: `≥ ${percent(least)}`, measured: percent(ofOther), isMet: ofOther >= least },
    ];
  });
}
