/** The parties of a trial as processes of their own. Each is ended by the handle that started it. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Measurement } from "./diary.ts";
import type { Credentials, Holdings } from "./holdings.ts";
import { type TrialServer, within } from "./server.ts";

export interface GoodClient extends AsyncDisposable {
  readonly pid: number;
  readonly holdings: Holdings;
  /** Begins the span of time that the next report measures. */
  begin(): void;
  report(): Promise<Measurement>;
  /** From now on it asks little, and nothing is measured. */
  rest(): void;
}

/** Resolves when the client holds its locks and works. */
export async function startGoodClient(
  { port, operationsPort }: Pick<TrialServer, "port" | "operationsPort">,
  given: Credentials,
): Promise<GoodClient> {
  const argv = [String(port), String(operationsPort), JSON.stringify(given)];
  const child = start("./good-client-main.ts", argv);
  const [{ holdings }] = await message(child);
  return {
    pid: child.pid ?? Number.NaN,
    holdings,
    begin: () => void child.send("begin"),
    rest: () => void child.send("rest"),
    async report() {
      child.send("report");
      const [{ measurement }] = await message(child);
      return measurement;
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

export type Counts = Readonly<Record<string, number>>;

export interface Attackers extends AsyncDisposable {
  /** What they had done half a second ago. */
  readonly counts: Counts;
  /** Whether their process has ended by itself, which is a mistake in the attack. */
  readonly hasFailed: boolean;
}

/** Preparations that take longer are cut short. */
const prepareMsMax = 30_000;

/** Resolves when the attack begins. */
export async function startAttackers(
  name: string,
  port: number,
  seconds: number,
): Promise<Attackers> {
  const child = start("./attacker-main.ts", [name, String(port), String(seconds)]);
  let counts: Counts = {};
  const { promise: prepared, resolve } = Promise.withResolvers<void>();
  child.on("message", (told: Counts | "prepared") => {
    if (told === "prepared") resolve();
    else counts = told;
  });
  child.once("exit", () => resolve());
  await within(prepareMsMax, prepared).catch(() => {});
  return {
    get counts() {
      return counts;
    },
    get hasFailed() {
      return child.exitCode !== null;
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

function start(file: string, argv: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(file, import.meta.url)), argv, { execArgv: [] });
}

/** Rejects when the process ends without one. */
async function message(child: ChildProcess) {
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, "exit", { signal }).then(([status]) => {
    throw new Error(`the process of the good client ended with ${status}`);
  });
  ended.catch(() => {});
  const told = await Promise.race([once(child, "message", { signal }), ended]);
  stop.abort();
  return told;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
