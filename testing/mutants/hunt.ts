import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What came of one mutant. */
export interface Hunt {
  readonly name: string;
  /** What is wrong in it: a sentence. */
  readonly fault: string;
  /** The check that failed, and after how many seeds; `undefined`: all passed. */
  readonly caughtBy: string | undefined;
}

const project = fileURLToPath(new URL("../../", import.meta.url));
const patches = fileURLToPath(new URL(".", import.meta.url));

/** What a check needs of the project. */
const copied = ["src", "testing", "test", "proto", "package.json", "tsconfig.json"] as const;

interface Check {
  readonly name: string;
  readonly argv: readonly string[];
}

/** The cheap and general ones first; seeds from 1 on, so that the table is the same each time. */
const checks: readonly Check[] = [
  { name: "simulation", argv: campaign("simulation", 600) },
  { name: "model", argv: campaign("model", 20_000) },
  { name: "the log's tests", argv: ["--test", "src/log/**/*.test.ts"] },
  { name: "the protocols' tests", argv: ["--test", "test/conformance/*/steps.test.ts"] },
  { name: "the bus's tests", argv: ["--test", "src/bus/*.test.ts"] },
  { name: "the server's tests", argv: ["--test", "src/server/*.test.ts"] },
];

function campaign(name: string, count: number): readonly string[] {
  const flags = ["--from", "1", "--count", String(count), "--threads", "1"];
  return ["testing/campaigns/main.ts", name, ...flags];
}

export function mutantNames(): readonly string[] {
  return readdirSync(patches)
    .filter((file) => file.endsWith(".patch"))
    .map((file) => file.slice(0, -".patch".length))
    .sort();
}

/** Rejects when the patch does not fit any more. */
export function huntMutant(name: string): Promise<Hunt> {
  const patch = join(patches, `${name}.patch`);
  const [fault = ""] = readFileSync(patch, "utf8").split("\n");
  return inCopy(async (folder) => {
    execFileSync("git", ["apply", patch], { cwd: folder });
    return { name, fault, caughtBy: await firstFailing(folder) };
  });
}

/** The check that fails although nothing was put in; with one, no hunt means anything. */
export function failingWithoutMutant(): Promise<string | undefined> {
  return inCopy(firstFailing);
}

async function inCopy<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "holdfast-mutant-"));
  try {
    for (const part of copied) {
      cpSync(join(project, part), join(folder, part), { recursive: true, filter: isOurs });
    }
    symlinkSync(join(project, "node_modules"), join(folder, "node_modules"));
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isOurs(path: string): boolean {
  return basename(path) !== "node_modules";
}

async function firstFailing(folder: string): Promise<string | undefined> {
  for (const check of checks) {
    const { isPassed, output } = await run(folder, check);
    if (isPassed) continue;
    const seed = /--seed (\d+)/.exec(output)?.[1];
    return seed === undefined ? check.name : `${check.name}, seed ${seed}`;
  }
  return undefined;
}

/** A mutant may hang; that is a way of failing. */
const patienceMs = 180_000;

/** By this variable a runner of tests takes itself for one of the files of another, and tests nothing. */
const { NODE_TEST_CONTEXT: _, ...environment } = process.env;

function run(
  cwd: string,
  { argv }: Check,
): Promise<{ readonly isPassed: boolean; readonly output: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own: a runner of tests that is killed leaves behind the files that it runs.
    const child = spawn(process.execPath, argv, { cwd, env: environment, detached: true });
    const kill = () => endGroup(child.pid);
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

/** Also of a group whose first process has ended. */
function endGroup(id: number | undefined): void {
  try {
    if (id !== undefined) process.kill(-id, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
