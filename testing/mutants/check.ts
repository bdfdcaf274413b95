import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";

/** A check that can catch a mutant: seeds of a campaign, or a file of tests. */
export type Check =
  | {
      readonly type: "seeds";
      readonly campaign: string;
      readonly from: number;
      readonly count: number;
    }
  | { readonly type: "tests"; readonly file: string };

const tests = [
  "src/log/**/*.test.ts",
  "test/conformance/*/{steps,access}.test.ts",
  "src/bus/*.test.ts",
  "src/fleeting/*.test.ts",
  "src/server/*.test.ts",
  "src/server/{conversation,identity}/*.test.ts",
  "src/server/listen/proxied*.test.ts",
  "src/protocols/*/*.test.ts",
];

/** All checks in a folder of the project, in the order of their trial: the general ones first. */
export function checksIn(folder: string): readonly Check[] {
  const files = tests.flatMap((pattern) => globSync(pattern, { cwd: folder }).sort());
  return [
    ...seedsOf("simulation", { until: 600, part: 100 }),
    ...seedsOf("model", { until: 20_000, part: 5_000 }),
    ...files.map((file) => ({ type: "tests", file }) as const),
  ];
}

/** Seeds from 1 on, so that each hunt finds the same; in parts, so that none takes too long. */
function seedsOf(campaign: string, { until, part }: Readonly<Record<"until" | "part", number>>) {
  return Array.from({ length: until / part }, (_, place): Check => {
    return { type: "seeds", campaign, from: 1 + place * part, count: part };
  });
}

/** Whether the folder has the check: a file that caught a mutant before may have moved since. */
export function isIn(folder: string, check: Check): boolean {
  return check.type !== "tests" || existsSync(join(folder, check.file));
}

export function nameOf(check: Check): string {
  if (check.type === "tests") return check.file;
  const { campaign, from, count } = check;
  return count === 1
    ? `${campaign}, seed ${from}`
    : `${campaign}, seeds ${from} to ${from + count - 1}`;
}

/**
 * Runs the check in a folder of the project. Resolves to a check that fails in the same way, which is the one
 * seed if a campaign names it, or to `undefined` when the check passes.
 */
export async function failureOf(folder: string, check: Check): Promise<Check | undefined> {
  const { isPassed, output } = await run(folder, argvOf(check));
  if (isPassed) return undefined;
  const seed = /--seed (\d+)/.exec(output)?.[1];
  if (check.type === "tests" || seed === undefined) return check;
  return { ...check, from: Number(seed), count: 1 };
}

function argvOf(check: Check): readonly string[] {
  if (check.type === "tests") return ["--test", "--test-timeout=30000", check.file];
  const { campaign, from, count } = check;
  const seeds = ["--from", `${from}`, "--count", `${count}`, "--threads", "1"];
  return ["testing/campaigns/main.ts", campaign, ...seeds];
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
