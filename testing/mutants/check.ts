import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";

/** A check that can find a mutant: a campaign, or one file of tests. */
export type Check =
  | { readonly type: "campaign"; readonly name: string; readonly count: number }
  | { readonly type: "seed"; readonly name: string; readonly seed: number }
  | { readonly type: "tests"; readonly file: string };

/** General ones first; seeds from 1 on, so that a hunt finds the same each time. */
const campaigns: readonly Check[] = [
  { type: "campaign", name: "simulation", count: 600 },
  { type: "campaign", name: "model", count: 20_000 },
];

const tests = [
  "src/log/**/*.test.ts",
  "test/conformance/*/steps.test.ts",
  "src/bus/*.test.ts",
  "src/server/*.test.ts",
];

/** All checks in a folder of the project, in the order in which they are tried. */
export function checksIn(folder: string): readonly Check[] {
  const files = tests.flatMap((pattern) => globSync(pattern, { cwd: folder }).sort());
  return [...campaigns, ...files.map((file) => ({ type: "tests", file }) as const)];
}

/** Files move: one that is remembered may be gone. */
export function isIn(folder: string, check: Check): boolean {
  return check.type !== "tests" || existsSync(join(folder, check.file));
}

export function nameOf(check: Check): string {
  switch (check.type) {
    case "campaign":
      return check.name;
    case "seed":
      return `${check.name}, seed ${check.seed}`;
    case "tests":
      return check.file;
  }
}

/**
 * Runs the check in a folder of the project. Resolves to the check that shows the same failure sooner, such
 * as a campaign's seed, or to `undefined` when nothing failed.
 */
export async function failureOf(folder: string, check: Check): Promise<Check | undefined> {
  const { isPassed, output } = await run(folder, argvOf(check));
  if (isPassed) return undefined;
  if (check.type !== "campaign") return check;
  const seed = /--seed (\d+)/.exec(output)?.[1];
  return seed === undefined ? check : { type: "seed", name: check.name, seed: Number(seed) };
}

function argvOf(check: Check): readonly string[] {
  const campaign = "testing/campaigns/main.ts";
  switch (check.type) {
    case "campaign":
      return [campaign, check.name, "--from", "1", "--count", `${check.count}`, "--threads", "1"];
    case "seed":
      return [campaign, check.name, "--seed", `${check.seed}`];
    case "tests":
      return ["--test", check.file];
  }
}

/** A mutant may hang, which is a way of failing. */
const patienceMs = 180_000;

/**
 * With the first of these variables a test runner takes itself for a part of another and runs nothing;
 * with the second each copy would add to the cache of compiled code.
 */
const { NODE_TEST_CONTEXT: _, NODE_COMPILE_CACHE: __, ...environment } = process.env;

interface Ended {
  readonly isPassed: boolean;
  readonly output: string;
}

function run(cwd: string, argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    // A group of its own: when a test runner is killed, the files that it runs go on.
    const child = spawn(process.execPath, argv, { cwd, env: environment, detached: true });
    const kill = () => endGroup(child);
    const timer = setTimeout(kill, patienceMs);
    process.once("exit", kill);
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.once("error", reject);
    child.once("close", (status) => {
      clearTimeout(timer);
      process.off("exit", kill);
      kill();
      resolve({ isPassed: status === 0, output });
    });
  });
}

/** The group may outlive its first process. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
