/**
 * The load: lock, release, lock, release … on many WebSockets, as fast as the server answers. Takes
 * a `Load` as JSON on its command line and prints a `LoadAnswer`. It must cost less than the server
 * it measures: raw sockets, frames made beforehand, answers told apart by a byte or two.
 */
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf } from "./cpu.ts";
import { type Client, openClient, type Tally } from "./websocket/client.ts";
import { clientFrame } from "./websocket/frames.ts";

export interface Load {
  readonly port: number;
  /** Process of the server, whose CPU time is looked at. */
  readonly serverPid: number;
  /** Nobody else locks in it. */
  readonly namespace: string;
  readonly connections: number;
  /** Messages which each connection has sent and not seen answered: 1, or an even number. */
  readonly inFlight: number;
  /** Each connection locks a name of its own, or all of them the same. */
  readonly keys: "own" | "hot";
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface LoadAnswer {
  readonly cyclesPerSecond: number;
  /** What the server sent: in a crowd a lock is told twice, enqueued and acquired. */
  readonly framesPerSecond: number;
  /** From the sending of a message to the first answer to it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU time in units of one core. */
  readonly serverCores: number;
  readonly loadCores: number;
}

/** Connections that are opened at the same time. */
const openingMax = 100;

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: Load): Promise<LoadAnswer> {
  const histogram = createHistogram();
  const tally: Tally = {
    frames: 0,
    cycles: 0,
    answered: (ms) => histogram.record(Math.max(1, Math.round(ms * 1000))),
  };
  for (const client of await openClients(load, tally)) client.begin();
  await sleep(load.warmUpMs);
  return observe(load, tally, histogram);
}

async function observe(
  { serverPid, measureMs }: Load,
  tally: Tally,
  histogram: RecordableHistogram,
): Promise<LoadAnswer> {
  histogram.reset();
  const before = { ...tally, atMs: performance.now(), server: cpuSecondsOf(serverPid) };
  const loadBefore = process.cpuUsage();
  await sleep(measureMs);
  const seconds = (performance.now() - before.atMs) / 1000;
  const { user, system } = process.cpuUsage(loadBefore);
  return {
    cyclesPerSecond: (tally.cycles - before.cycles) / seconds,
    framesPerSecond: (tally.frames - before.frames) / seconds,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    maxMs: histogram.max / 1000,
    serverCores: (cpuSecondsOf(serverPid) - before.server) / seconds,
    loadCores: (user + system) / 1e6 / seconds,
  };
}

async function openClients(load: Load, tally: Tally): Promise<readonly Client[]> {
  const clients: Client[] = [];
  while (clients.length < load.connections) {
    const count = Math.min(openingMax, load.connections - clients.length);
    const opening = Array.from({ length: count }, (_, place) => {
      const name = load.keys === "own" ? String(clients.length + place) : "hot";
      const resources = [{ type: "write", path: ["k", name] }];
      return openClient({
        port: load.port,
        // Whoever leaves with a lock is not waited for.
        path: `/v1?namespace=${load.namespace}&abandon-timeout-ms=0`,
        inFlight: load.inFlight,
        lock: clientFrame(JSON.stringify({ action: "lock", resources })),
        release: clientFrame(JSON.stringify({ action: "release" })),
        tally,
      });
    });
    clients.push(...(await Promise.all(opening)));
  }
  return clients;
}
