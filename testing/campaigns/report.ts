/**
 * Puts the saved results of the campaigns into `docs/correctness.md` and `docs/operating/clients.md`: `npm run report`.
 * The rest of the documents is written by hand.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { nameOf } from "../mutants/check.ts";
import { campaignNames } from "./registry.ts";
import { readHunts, readResult } from "./results.ts";
import { markdownTable, tableOf } from "./table.ts";

export const reportFile = new URL("../../docs/correctness.md", import.meta.url);

export const clientsFile = new URL("../../docs/operating/clients.md", import.meta.url);

if (import.meta.main) {
  writeFileSync(reportFile, reported(readFileSync(reportFile, "utf8")));
  writeFileSync(clientsFile, withClients(readFileSync(clientsFile, "utf8")));
}

/** The document with the results that are saved now. */
export function reported(text: string): string {
  const withFigures = withPart(text, "figures", figures());
  const withAttacks = withPart(withFigures, "attacks", tableOfResult("hostile"));
  return withPart(withAttacks, "mutants", mutants());
}

/** The document of clients and proxies with the result that is saved now. */
export function withClients(text: string): string {
  return withPart(text, "clients", tableOfResult("field"));
}

/** Replaces the text between two marks, which are comments in the document. */
function withPart(text: string, name: string, part: string): string {
  const [begin, end] = [`<!-- ${name}: npm run report -->\n`, `<!-- end of ${name} -->`];
  const [before, rest] = split(text, begin);
  const [, after] = split(rest, end);
  return `${before}${begin}\n${part}\n${end}${after}`;
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`there is no ${mark} in the report`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}

function figures(): string {
  const results = campaignNames
    .map(readResult)
    .filter((result) => result !== undefined)
    .filter(({ hasFailures }) => !hasFailures);
  const rows = results.map(({ command, commit, firstSeed, seconds, figures }) => [
    `\`${command}\``,
    Object.entries(figures)
      .map(([name, count]) => `${Math.round(count).toLocaleString("en")} ${words(name)}`)
      .join(", "),
    String(firstSeed),
    minutes(seconds),
    commit,
  ]);
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const head = ["command", "done, with no failure", "from seed", "time", "commit"];
  return `${tableOf([head, ...rows])}\n${machines.map((machine) => `Machine: ${machine}.\n`).join("")}`;
}

/** "simulated seconds" for `simulatedSeconds`, "too hard" for `too_hard`. */
function words(name: string): string {
  return name
    .replace(/([A-Z])/g, " $1")
    .replaceAll("_", " ")
    .toLowerCase();
}

function tableOfResult(name: string): string {
  const { table = [] } = readResult(name) ?? {};
  return table.length > 0 ? markdownTable(table) : "Not measured yet.\n";
}

function mutants(): string {
  const saved = readHunts();
  if (saved === undefined) return "";
  const { command, commit, machine, seconds, hunts } = saved;
  const rows = hunts.map(({ name, fault, caughtBy }) => [
    name,
    fault,
    caughtBy === undefined ? "**nothing**" : nameOf(caughtBy),
  ]);
  const circumstances = `\`${command}\` at ${commit}: ${minutes(seconds)} on ${machine}.\n`;
  return `${circumstances}\n${tableOf([["mutant", "fault", "caught by"], ...rows])}`;
}

function minutes(seconds: number): string {
  return `${Math.round(seconds / 60)} min`;
}
