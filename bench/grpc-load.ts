/**
 * The load: TryLock, Unlock, TryLock, Unlock … on many connections, each as fast as it is answered. Takes a
 * `GrpcLoad` as JSON on its command line and prints a `GrpcLoadAnswer`.
 */
import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf } from "./cpu.ts";
import { runClient, type Tally } from "./grpc/client.ts";

export interface GrpcLoad {
  readonly port: number;
  /** Process of the server, whose CPU time is looked at. */
  readonly serverPid: number;
  readonly connections: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface GrpcLoadAnswer {
  readonly callsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU time in units of one core. */
  readonly serverCores: number;
  readonly loadCores: number;
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: GrpcLoad): Promise<GrpcLoadAnswer> {
  const { port, serverPid, connections, warmUpMs, measureMs } = load;
  const histogram = createHistogram();
  const tally: Tally = {
    calls: 0,
    answered: (ms) => histogram.record(Math.max(1, Math.round(ms * 1000))),
  };
  for (let number = 0; number < connections; number += 1) {
    await runClient({ port, name: `bench-${number}`, tally });
  }
  await sleep(warmUpMs);
  histogram.reset();
  const before = { ...tally, atMs: performance.now(), server: cpuSecondsOf(serverPid) };
  const loadBefore = process.cpuUsage();
  await sleep(measureMs);
  const seconds = (performance.now() - before.atMs) / 1000;
  const { user, system } = process.cpuUsage(loadBefore);
  return {
    callsPerSecond: (tally.calls - before.calls) / seconds,
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    maxMs: histogram.max / 1000,
    serverCores: (cpuSecondsOf(serverPid) - before.server) / seconds,
    loadCores: (user + system) / 1e6 / seconds,
  };
}
