/**
 * Answers questions about speed: `npm run bench`, or `npm run bench -- core websocket` for some.
 *
 *   --save    5 runs of each, and the answers go to `bench/results/<name>.md`
 *   --smoke   tiny numbers, in some seconds: proves that the benches run
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { Bench, Effort, Section } from "./bench.ts";
import { core } from "./core.ts";
import { events } from "./events.ts";
import { grpc } from "./grpc.ts";
import { log } from "./log.ts";
import { machineLines } from "./machine.ts";
import { nexus } from "./nexus.ts";
import { start } from "./start.ts";
import { state } from "./state.ts";
import { table } from "./table.ts";
import { tasks } from "./tasks.ts";
import { websocket } from "./websocket.ts";

const benches: readonly Bench[] = [core, events, grpc, log, nexus, start, state, tasks, websocket];

const quick: Effort = { runs: 1, warmUpMs: 500, measureMs: 1500, size: "full" };
const thorough: Effort = { ...quick, runs: 5 };
const smoke: Effort = { runs: 1, warmUpMs: 20, measureMs: 60, size: "tiny" };

const { values: flags, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { save: { type: "boolean" }, smoke: { type: "boolean" } },
});
const isSaved = flags.save === true && flags.smoke !== true;
const effort = flags.smoke ? smoke : isSaved ? thorough : quick;
for (const bench of chosen()) {
  const machine = machineLines();
  const text = document(bench, machine, await bench.measure(effort));
  process.stdout.write(`${text}\n`);
  if (isSaved) save(bench, text);
}

function chosen(): readonly Bench[] {
  const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const known = benches.map(({ name }) => name).join(", ");
    process.stderr.write(`no bench named ${unknown.join(", ")}; there are ${known}\n`);
    process.exit(2);
  }
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
}

function document(
  { name, question }: Bench,
  machine: readonly string[],
  sections: readonly Section[],
): string {
  const lines = [...machine, howMeasured()].map((line) => `- ${line}\n`);
  return [`# ${name}\n`, `${question}\n`, lines.join(""), ...sections.map(sectionText)].join("\n");
}

function howMeasured(): string {
  const { runs, warmUpMs, measureMs, size } = effort;
  if (size === "tiny") return "smoke: the figures below mean nothing";
  const each = `of ${measureMs / 1000} s each, after ${warmUpMs / 1000} s to warm up`;
  return runs === 1 ? `a single run ${each}` : `median of ${runs} runs ${each}`;
}

function sectionText({ title, rows, notes }: Section): string {
  return [`## ${title}\n`, table(rows), ...notes.map((note) => `${note}\n`)].join("\n");
}

function save({ name }: Bench, text: string): void {
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.md`, folder), text);
}
