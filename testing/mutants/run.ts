/**
 * Puts each of the faults in this folder into a copy of the project and says which check finds it:
 * `npm run mutants`, or `npm run mutants -- NAME …` for some.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { Argument } from "commander";
import { commandLine } from "../campaigns/command-line.ts";
import { failingWithoutMutant, type Hunt, huntMutant, mutantNames } from "./hunt.ts";

const program = commandLine("npm run mutants --", "Puts faults into a copy; says who finds them.")
  .addArgument(new Argument("[name...]", "all of them, when absent").choices(mutantNames()))
  .option("--save", "keeps the table of all for docs/correctness.md")
  .parse();
const { save: isSaved } = program.opts<{ readonly save?: true }>();
if (isSaved && program.args.length > 0) program.error("error: --save wants all mutants");
const names = program.args.length > 0 ? program.args : mutantNames();
const failing = await failingWithoutMutant();
if (failing !== undefined) program.error(`error: without any mutant this fails: ${failing}`);
const hunts: Hunt[] = [];
for (const name of names) {
  const hunt = await huntMutant(name);
  hunts.push(hunt);
  process.stdout.write(`${hunt.name.padEnd(36)} ${hunt.caughtBy ?? "NOT CAUGHT"}\n`);
}
if (isSaved) {
  const file = new URL("../campaigns/results/mutants.json", import.meta.url);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(hunts, undefined, 2)}\n`);
}
process.exitCode = hunts.every(({ caughtBy }) => caughtBy !== undefined) ? 0 : 1;
