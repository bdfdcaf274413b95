/**
 * Puts each of the faults in this folder into a copy of the project and says which check finds it:
 * `npm run mutants`, or `npm run mutants -- NAME …` for some. `--save` keeps the table for
 * `docs/correctness.md`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Hunt, huntMutant, mutantNames } from "./hunt.ts";

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { save: { type: "boolean" } },
});
const names = positionals.length > 0 ? positionals : mutantNames();
const hunts: Hunt[] = [];
for (const name of names) {
  const hunt = await huntMutant(name);
  hunts.push(hunt);
  process.stdout.write(`${hunt.name.padEnd(36)} ${hunt.caughtBy ?? "NOT CAUGHT"}\n`);
}
if (flags.save) {
  const file = new URL("../campaigns/results/mutants.json", import.meta.url);
  mkdirSync(new URL(".", file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(hunts, undefined, 2)}\n`);
}
process.exitCode = hunts.every(({ caughtBy }) => caughtBy !== undefined) ? 0 : 1;
