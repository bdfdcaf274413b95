import { rmSync } from "node:fs";
import { type Aim, aimSection, type Bench, type Effort, median, type Section } from "./bench.ts";
import { answerOf } from "./child.ts";
import type { LogAnswer, LogCase } from "./log/case.ts";
import { whole } from "./table.ts";

export const log: Bench = {
  name: "log",
  question:
    "How many commands per second does the file log make durable, beside SQLite, and what does it help to set room aside?",
  measure,
};

/** On the disk of the project. */
const folder = new URL("../.bench-log/", import.meta.url);

interface Kind extends Pick<LogCase, "durability" | "isSetAside"> {
  readonly engine: "file log" | "SQLite";
}

const kinds: readonly [Kind, Kind, Kind, Kind] = [
  { engine: "file log", durability: "always", isSetAside: true },
  { engine: "SQLite", durability: "always", isSetAside: false },
  { engine: "file log", durability: "always", isSetAside: false },
  { engine: "file log", durability: "relaxed", isSetAside: true },
];

/** How many times as many appends as SQLite makes we want at this depth. */
const aim = { depth: 256, times: 1.5 } as const;

const depths: Readonly<Record<Effort["size"], readonly number[]>> = {
  full: [1, 16, 256, 2048],
  tiny: [1, 16],
};

async function measure({ runs, size, warmUpMs, measureMs }: Effort): Promise<readonly Section[]> {
  const rows: string[][] = [];
  const aims: Aim[] = [];
  for (const depth of depths[size]) {
    const answers: LogAnswer[][] = kinds.map(() => []);
    // Side by side: the disk has its moods.
    for (let run = 0; run < runs; run += 1) {
      for (const [place, kind] of kinds.entries()) {
        answers[place]?.push(await answerOfCase({ ...kind, depth, warmUpMs, measureMs }));
      }
    }
    rows.push(...kinds.map((kind, place) => rowOf(depth, kind, answers[place] ?? [])));
    if (depth === aim.depth) aims.push(aimOf(answers[0] ?? [], answers[1] ?? []));
  }
  const head = [
    "outstanding",
    "engine",
    "durability",
    "room set aside",
    "appends/s",
    "appends/sync",
    "sync ms",
  ];
  const notes = [
    "Appends of one command each, about 150 bytes in the log, with one reader that follows. " +
      "Without room set aside each sync must also make the file longer.",
    "SQLite (node:sqlite): WAL, synchronous FULL, a row for each command, and what waits when a " +
      "transaction has ended goes into the next; `sync ms` is that of a transaction.",
  ];
  const appends = { title: "Appends", rows: [head, ...rows], notes };
  return aims.length === 0 ? [appends] : [aimSection(aims), appends];
}

function aimOf(ours: readonly LogAnswer[], theirs: readonly LogAnswer[]): Aim {
  const of = (answers: readonly LogAnswer[]) =>
    median(answers.map(({ appendsPerSecond }) => appendsPerSecond));
  const times = of(ours) / of(theirs);
  return {
    what: `appends per second with ${aim.depth} outstanding, against SQLite`,
    wanted: `${aim.times} times`,
    measured: `${times.toFixed(1)} times`,
    isMet: times >= aim.times,
  };
}

async function answerOfCase({
  engine,
  ...wanted
}: Kind & Omit<LogCase, "folder">): Promise<LogAnswer> {
  try {
    const script = engine === "SQLite" ? "log/sqlite.ts" : "log/append.ts";
    const file = new URL(script, import.meta.url);
    return await answerOf(file, { ...wanted, folder: folder.pathname });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf(
  depth: number,
  { engine, durability, isSetAside }: Kind,
  answers: readonly LogAnswer[],
): string[] {
  const of = (figure: keyof LogAnswer) => median(answers.map((answer) => answer[figure]));
  const perSync = of("syncsPerSecond") === 0 ? 0 : of("appendsPerSecond") / of("syncsPerSecond");
  return [
    whole(depth),
    engine,
    durability,
    engine === "SQLite" ? "" : isSetAside ? "yes" : "no",
    whole(of("appendsPerSecond")),
    perSync.toFixed(1),
    of("syncMs").toFixed(3),
  ];
}
