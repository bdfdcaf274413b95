import { createHistogram } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { cpuSecondsOf } from "./cpu.ts";

/** How long answers took. */
export interface Stopwatch {
  answered(ms: number): void;
}

/** What every load tells of the time that it was measured in. */
export interface Observation {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** CPU time in units of one core. */
  readonly serverCores: number;
  readonly loadCores: number;
}

export interface Observed {
  /** Process of the server, whose CPU time is looked at. */
  readonly serverPid: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * Lets `begin` set off what goes on by itself from then on, and after the warm-up observes it. `perSecond` is
 * the rise of each of the tally's numbers.
 */
export async function observe<Tally extends Readonly<Record<string, number>>>(
  { serverPid, warmUpMs, measureMs }: Observed,
  begin: (stopwatch: Stopwatch) => Promise<Tally>,
): Promise<Observation & { readonly perSecond: Tally }> {
  const histogram = createHistogram();
  const tally = await begin({
    answered: (ms) => histogram.record(Math.max(1, Math.round(ms * 1000))),
  });
  await sleep(warmUpMs);
  histogram.reset();
  const before = { tally: { ...tally }, atMs: performance.now(), server: cpuSecondsOf(serverPid) };
  const loadBefore = process.cpuUsage();
  await sleep(measureMs);
  const seconds = (performance.now() - before.atMs) / 1000;
  const { user, system } = process.cpuUsage(loadBefore);
  const rises = Object.keys(tally).map((name) => [
    name,
    ((tally[name] as number) - (before.tally[name] as number)) / seconds,
  ]);
  return {
    perSecond: Object.fromEntries(rises),
    p50Ms: histogram.percentile(50) / 1000,
    p99Ms: histogram.percentile(99) / 1000,
    maxMs: histogram.max / 1000,
    serverCores: (cpuSecondsOf(serverPid) - before.server) / seconds,
    loadCores: (user + system) / 1e6 / seconds,
  };
}
