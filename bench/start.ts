import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Aim, aimSection, type Bench, type Effort, median, type Section } from "./bench.ts";
import { answerOf, type LogLine, type ServerProcess, startServer } from "./child.ts";
import type { Load, LoadAnswer } from "./load.ts";
import type { FolderCase } from "./start/case.ts";
import { whole } from "./table.ts";

export const start: Bench = {
  name: "start",
  question:
    "How long does a start take, and what does a snapshot cost the clients of a running server?",
  measure,
};

/** On the disk of the project. */
const folder = fileURLToPath(new URL("../.bench-start/", import.meta.url));

type Found = Omit<FolderCase, "folder" | "entries"> & { readonly what: string };

const cases: readonly Found[] = [
  { what: "a log, all locks given back", locks: "released", hasSnapshot: false },
  { what: "a log, all locks held", locks: "held", hasSnapshot: false },
  { what: "a snapshot, all locks held", locks: "held", hasSnapshot: true },
];

/** What we want of a start, and of a request while a snapshot is made. */
const startSecondsMax = 5;
const pausedMsMax = 50;

async function measure({ runs, size }: Effort): Promise<readonly Section[]> {
  const entries = size === "full" ? 1_000_000 : 2_000;
  const rows: string[][] = [];
  const aims: Aim[] = [];
  for (const found of cases) {
    const starts = await startsOf({ ...found, folder, entries }, runs);
    const seconds = median(starts.map((each) => each.seconds));
    const mebibytes = median(starts.map((each) => each.mebibytes));
    rows.push([found.what, whole(entries), seconds.toFixed(2), whole(mebibytes)]);
    aims.push({
      what: `a start with ${found.what}`,
      wanted: `< ${startSecondsMax} s`,
      measured: `${seconds.toFixed(2)} s`,
      isMet: seconds < startSecondsMax,
    });
  }
  const paused = await pausesOf(entries);
  const { during, without, snapshotMs } = paused;
  aims.push({
    what: "p99 of a request while a snapshot is made",
    wanted: `< ${pausedMsMax} ms`,
    measured: `${during.p99Ms.toFixed(1)} ms`,
    isMet: during.p99Ms < pausedMsMax,
  });
  return [
    aimSection(aims),
    {
      title: "Starts",
      rows: [["what there is", "entries", "seconds", "MiB after it"], ...rows],
      notes: ["From the start of the process until it listens, with the files in the page cache."],
    },
    {
      title: `Snapshots of ${whole(entries)} locks`,
      rows: [
        ["", "p50 ms", "p99 ms", "max ms", "locks/s"],
        latencyRow("while they are made", during),
        latencyRow("without", without),
      ],
      notes: [
        `50 connections lock and release, one message in flight each. The first snapshot took ${(snapshotMs / 1000).toFixed(1)} s.`,
      ],
    },
  ];
}

function latencyRow(when: string, { p50Ms, p99Ms, maxMs, cyclesPerSecond }: LoadAnswer): string[] {
  return [when, p50Ms.toFixed(2), p99Ms.toFixed(2), maxMs.toFixed(1), whole(cyclesPerSecond)];
}

interface Start {
  readonly seconds: number;
  readonly mebibytes: number;
}

async function startsOf(wanted: FolderCase, runs: number): Promise<readonly Start[]> {
  const starts: Start[] = [];
  try {
    await answerOf(new URL("start/folder.ts", import.meta.url), wanted);
    for (let run = 0; run < runs; run += 1) {
      const beganMs = performance.now();
      const server = await startServer(serveArgv("1GiB"));
      starts.push({ seconds: (performance.now() - beganMs) / 1000, mebibytes: memoryOf(server) });
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return starts;
}

interface Pauses {
  readonly during: LoadAnswer;
  readonly without: LoadAnswer;
  readonly snapshotMs: number;
}

/** Of a server that makes one snapshot after the other, and of one that makes none. */
async function pausesOf(entries: number): Promise<Pauses> {
  try {
    const wanted: FolderCase = { folder, entries, locks: "held", hasSnapshot: false };
    await answerOf(new URL("start/folder.ts", import.meta.url), wanted);
    const without = await withServer(
      "1GiB",
      () => {},
      (server) => loadOf(server, 1_500),
    );
    const written = Promise.withResolvers<number>();
    const hear = ({ msg, ms }: LogLine) => {
      if (msg === "snapshot written") written.resolve(ms as number);
    };
    return await withServer("64KiB", hear, async (server) => {
      const during = await loadOf(server, entries / 50);
      return { during, without, snapshotMs: await written.promise };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withServer<T>(
  snapshotEvery: string,
  hear: (line: LogLine) => void,
  use: (server: ServerProcess) => Promise<T>,
): Promise<T> {
  const server = await startServer(serveArgv(snapshotEvery), hear);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

function loadOf({ pid, port }: ServerProcess, measureMs: number): Promise<LoadAnswer> {
  const load: Load = {
    port,
    serverPid: pid,
    namespace: "load",
    connections: 50,
    inFlight: 1,
    keys: "own",
    warmUpMs: 300,
    measureMs,
  };
  return answerOf(new URL("load.ts", import.meta.url), load);
}

function serveArgv(snapshotEvery: string): readonly string[] {
  const main = fileURLToPath(new URL("../src/cli/main.ts", import.meta.url));
  const flags = ["--listen", "127.0.0.1:0", "--data", folder, "--snapshot-every", snapshotEvery];
  return [main, "serve", ...flags];
}

/** Resident, in MiB. */
function memoryOf({ pid }: ServerProcess): number {
  const [, kibibytes = "0"] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}
