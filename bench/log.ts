import { rmSync } from "node:fs";
import { type Bench, type Effort, median, type Section } from "./bench.ts";
import { answerOf } from "./child.ts";
import type { LogAnswer, LogCase } from "./log/append.ts";
import { whole } from "./table.ts";

export const log: Bench = {
  name: "log",
  question:
    "How many commands per second does the file log make durable, and what does it help to set room aside?",
  measure,
};

/** On the disk of the project. */
const folder = new URL("../.bench-log/", import.meta.url);

const kinds: readonly Pick<LogCase, "durability" | "isSetAside">[] = [
  { durability: "always", isSetAside: true },
  { durability: "always", isSetAside: false },
  { durability: "relaxed", isSetAside: true },
];

const depths: Readonly<Record<Effort["size"], readonly number[]>> = {
  full: [1, 16, 256, 2048],
  tiny: [1, 16],
};

async function measure({ runs, size, warmUpMs, measureMs }: Effort): Promise<readonly Section[]> {
  const rows: string[][] = [];
  for (const depth of depths[size]) {
    const answers: LogAnswer[][] = kinds.map(() => []);
    // Side by side: the disk has its moods.
    for (let run = 0; run < runs; run += 1) {
      for (const [place, kind] of kinds.entries()) {
        answers[place]?.push(await answerOfCase({ ...kind, depth, warmUpMs, measureMs }));
      }
    }
    rows.push(...kinds.map((kind, place) => rowOf(depth, kind, answers[place] ?? [])));
  }
  const head = [
    "outstanding",
    "durability",
    "room set aside",
    "appends/s",
    "appends/sync",
    "sync ms",
  ];
  const notes = [
    "Appends of one command each, about 150 bytes in the log, with one reader that follows. " +
      "Without room set aside each sync must also make the file longer.",
  ];
  return [{ title: "Appends", rows: [head, ...rows], notes }];
}

async function answerOfCase(wanted: Omit<LogCase, "folder">): Promise<LogAnswer> {
  try {
    const file = new URL("log/append.ts", import.meta.url);
    return await answerOf(file, { ...wanted, folder: folder.pathname });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf(
  depth: number,
  { durability, isSetAside }: (typeof kinds)[number],
  answers: readonly LogAnswer[],
): string[] {
  const of = (figure: keyof LogAnswer) => median(answers.map((answer) => answer[figure]));
  const perSync = of("syncsPerSecond") === 0 ? 0 : of("appendsPerSecond") / of("syncsPerSecond");
  return [
    whole(depth),
    durability,
    isSetAside ? "yes" : "no",
    whole(of("appendsPerSecond")),
    perSync.toFixed(1),
    of("syncMs").toFixed(3),
  ];
}
