import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inCopy, write } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { mutated, readSource, type Source } from "./source.ts";

/**
 * What the compiler finds wrong in the mutants; empty when each of them type-checks. A mutant that calls a
 * function which is not there fails every check, and so proves nothing about any.
 */
export function typeErrors(mutants: readonly Mutant[]): Promise<string> {
  const source = readSource();
  return inCopy(async (folder) => {
    for (const mutant of mutants) write(folder, beside(mutant, mutated(source, mutant)));
    const project = { extends: "./tsconfig.json", include: ["src"] };
    writeFileSync(join(folder, "mutants.json"), JSON.stringify(project));
    return compile(folder);
  });
}

/** Each mutant's files stand beside those that they come from, so that one run of the compiler is enough. */
function beside({ name }: Mutant, changed: Source): Source {
  const moved = [...changed].map(([path, text]) => {
    return [path.replace(/ts$/, `mutant-${name}.ts`), text] as const;
  });
  return new Map(moved);
}

function compile(folder: string): Promise<string> {
  const argv = ["node_modules/typescript/bin/tsc", "-p", "mutants.json"];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, { cwd: folder }, (error, stdout, stderr) => {
      resolve(error === null ? "" : stdout + stderr);
    });
  });
}
