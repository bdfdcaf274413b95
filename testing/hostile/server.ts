/** The real server of a trial: its memory is watched from the first moment, and it is killed if it takes too much. */
import { setTimeout as sleep } from "node:timers/promises";
import { type HoldfastProcess, startHoldfast } from "../holdfast-process.ts";
import { type MemoryWatch, watchMemory } from "./memory-watch.ts";
import { getPage } from "./rest.ts";

export interface TrialServer extends AsyncDisposable {
  readonly process: HoldfastProcess;
  readonly port: number;
  /** Where probes and scrapes go. */
  readonly operationsPort: number;
  readonly memory: MemoryWatch;
}

/** A server that does not listen after this time does not start any more. */
const startMsMax = 30_000;

/** Rejects when the server ends before it listens, or does not listen in time. */
export async function startServer(
  folder: string,
  argv: readonly string[],
  /** 0: any that is free. */
  mainPort = 0,
): Promise<TrialServer> {
  const ports = ["--listen", `127.0.0.1:${mainPort}`, "--operations-listen", "127.0.0.1:0"];
  const all = ["serve", ...ports, "--data", "data", ...argv];
  const process = startHoldfast({ folder, argv: all });
  const memory = watchMemory(process.pid, () => process.kill("SIGKILL"));
  const server = {
    process,
    memory,
    async [Symbol.asyncDispose]() {
      memory[Symbol.dispose]();
      process.kill("SIGKILL");
      await process.ended;
    },
  };
  try {
    const portOf = async (name: string) => {
      const { port } = await within(startMsMax, process.logged("listening", { name }));
      return Number(port);
    };
    return { ...server, port: await portOf("main"), operationsPort: await portOf("operations") };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** Resolves after the time, or when the process has ended: then to true. */
export async function endsWithin(ms: number, process: HoldfastProcess): Promise<boolean> {
  const stop = new AbortController();
  const { signal } = stop;
  const waiting = sleep(ms, false, { signal }).catch(() => false);
  const hasEnded = await Promise.race([process.ended.then(() => true), waiting]);
  stop.abort();
  return hasEnded;
}

/** Rejects when the promise is not settled in time. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const { signal } = stop;
  const late = sleep(ms, undefined, { signal }).then(
    () => Promise.reject(new Error(`nothing within ${ms} ms`)),
    // Aborted: the race is over.
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
  }
}

export async function isReady(port: number): Promise<boolean> {
  return getPage(port, "/readyz").then(
    ({ status }) => status === 200,
    () => false,
  );
}
