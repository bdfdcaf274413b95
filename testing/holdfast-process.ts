import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

export interface Invocation {
  readonly argv: readonly string[];
  /** The working directory. */
  readonly folder: string;
  /** All of it: nothing is inherited, except where compiled code is cached. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The file that Node runs, in the checkout; src/cli/main.ts when absent. */
  readonly entry?: string;
  /** A command that runs the program in place of the test. */
  readonly through?: readonly string[];
}

export interface Ended {
  /** Exit status, or the signal that ended the process. */
  readonly status: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A line that the process has logged. */
export interface LogLine {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** The real program as a process of its own. */
export interface HoldfastProcess {
  /** Of the program, or of the command that runs it. */
  readonly pid: number;
  /** Resolves to the first log line with this message and fields; rejects when the process ends without one. */
  logged(message: string, fields?: Readonly<Record<string, unknown>>): Promise<LogLine>;
  /** Resolves when stdout matches; rejects when the process ends before. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has ended, with its whole output. */
  readonly ended: Promise<Ended>;
}

/** Halves the time of a start. */
const { NODE_COMPILE_CACHE } = process.env;
const compileCache = NODE_COMPILE_CACHE === undefined ? {} : { NODE_COMPILE_CACHE };

/** Runs one command to its end. */
export function runHoldfast(invocation: Invocation): Promise<Ended> {
  return startHoldfast(invocation).ended;
}

export function startHoldfast(invocation: Invocation): HoldfastProcess {
  const { argv, folder, environment = {}, entry = "src/cli/main.ts", through = [] } = invocation;
  const [command = "", ...words] = [...through, process.execPath, root + entry, ...argv];
  const child = spawn(command, words, {
    cwd: folder,
    env: { ...compileCache, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const written = { stdout: "", stderr: "" };
  const lookers = new Set<() => void>();
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text) => {
      written[name] += text;
      for (const look of lookers) look();
    });
  }
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status, signal) => resolve({ status: status ?? signal, ...written }));
  });

  /** Searches the output until there is something to find. */
  function found<T>(find: () => T | undefined | null): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const result = find();
        if (result === undefined || result === null) return;
        lookers.delete(look);
        resolve(result);
      };
      lookers.add(look);
      look();
      ended.then(({ status, stderr }) => {
        reject(new Error(`it ended too early, with status ${status}: ${stderr}`));
      }, reject);
    });
  }

  return {
    pid: child.pid ?? Number.NaN,
    logged: (msg, fields) => found(() => logLines(written.stderr).find(has({ ...fields, msg }))),
    printed: (pattern) => found(() => pattern.exec(written.stdout)),
    kill: (signal) => child.kill(signal),
    ended,
  };
}

function has(fields: Readonly<Record<string, unknown>>): (line: LogLine) => boolean {
  return (line) => Object.entries(fields).every(([name, value]) => line[name] === value);
}

/** The whole lines; others than log lines are left out. */
function logLines(text: string): readonly LogLine[] {
  return text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}
