/**
 * Puts the kept results of the campaigns into `docs/correctness.md`: `npm run report`. The text around
 * them is written by hand, the figures never are.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import type { Hunt } from "../mutants/hunt.ts";
import { campaignNames } from "./registry.ts";
import { resultFile, type SavedResult } from "./results.ts";

export const reportFile = new URL("../../docs/correctness.md", import.meta.url);

if (import.meta.main) writeFileSync(reportFile, reported(readFileSync(reportFile, "utf8")));

/** The document with the results as they are kept now. */
export function reported(text: string): string {
  const withFigures = withPart(text, "figures", figures());
  return withPart(withFigures, "mutants", mutants());
}

/** Replaces what is between two marks, which no reader of the page sees. */
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
    .map((name) => resultFile(name))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as SavedResult);
  const rows = results.map(({ command, commit, firstSeed, seconds, figures }) => [
    `\`${command}\``,
    Object.entries(figures)
      .map(([name, count]) => `${Math.round(count).toLocaleString("en")} ${words(name)}`)
      .join(", "),
    String(firstSeed),
    `${Math.round(seconds / 60)} min`,
    commit,
  ]);
  const machines = [...new Set(results.map(({ machine }) => machine))];
  const head = ["command", "done, with no failure", "from seed", "time", "commit"];
  return `${table([head, ...rows])}\n${machines.map((machine) => `Machine: ${machine}.\n`).join("")}`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const ruler = head.map(() => "---");
  return [head, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** `simulatedSeconds` and `too_hard` as one says them. */
function words(name: string): string {
  return name
    .replace(/([A-Z])/g, " $1")
    .replaceAll("_", " ")
    .toLowerCase();
}

function mutants(): string {
  const file = resultFile("mutants");
  const hunts = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Hunt[]) : [];
  const rows = hunts.map(({ name, fault, caughtBy }) => [name, fault, caughtBy ?? "**nobody**"]);
  return table([["mutant", "what is wrong in it", "found by"], ...rows]);
}
