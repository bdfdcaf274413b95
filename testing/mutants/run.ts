/** Hunts all mutants, or the named ones: `npm run mutants`, `npm run mutants -- NAME …`. */
import { Argument } from "commander";
import { commandLine } from "../campaigns/command-line.ts";
import { circumstances, readHunts, saveHunts } from "../campaigns/results.ts";
import { nameOf } from "./check.ts";
import { type Hunt, hunt } from "./hunt.ts";
import { mutants } from "./mutants.ts";

const names = mutants.map(({ name }) => name);
const program = commandLine("npm run mutants --", "Puts faults into a copy; says who catches them.")
  .addArgument(new Argument("[name...]", "all of them, when absent").choices(names))
  .option("--save", "keeps the table of all for docs/correctness.md, when all were caught")
  .parse();
const { save: isSaved } = program.opts<{ readonly save?: true }>();
if (isSaved && program.args.length > 0) program.error("error: --save wants all mutants");

// Ends the running check, too, and removes the copy.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const beganMs = performance.now();
const before = new Map(readHunts()?.hunts.map(({ name, caughtBy }) => [name, caughtBy]));
const hunts: Hunt[] = [];
for (const mutant of mutants) {
  if (program.args.length > 0 && !program.args.includes(mutant.name)) continue;
  const done = await hunt(mutant, before.get(mutant.name));
  hunts.push(done);
  const caughtBy = done.caughtBy && nameOf(done.caughtBy);
  process.stdout.write(`${mutant.name.padEnd(40)} ${caughtBy ?? "NOT CAUGHT"}\n`);
}
const areAllCaught = hunts.every(({ caughtBy }) => caughtBy !== undefined);
if (!areAllCaught) process.exitCode = 1;
else if (isSaved) {
  saveHunts({ ...circumstances("mutants", (performance.now() - beganMs) / 1000), hunts });
}
