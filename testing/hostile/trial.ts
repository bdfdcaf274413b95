/**
 * One attack on a real server, beside the good client and an observer of memory: before it, under it and after
 * it; then the server is killed, started again on the same folder, attacked once more and stopped.
 */
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { runHoldfast } from "../holdfast-process.ts";
import { createTemporaryFolder } from "../temporary-folder.ts";
import { type Attack, attackSecondsDefault } from "./attack.ts";
import { bounds, type Row } from "./bounds.ts";
import { type Credentials, type Holdings, lostOf, takenOneMore, unreturnedOf } from "./holdings.ts";
import { residentMiBMax } from "./memory-watch.ts";
import { type GoodClient, startAttackers, startGoodClient } from "./processes.ts";
import { endsWithin, isReady, startServer, type TrialServer, within } from "./server.ts";

/** The length of each part of a trial. */
export interface TrialTimes {
  /** Until the good client and the server run compiled code. */
  readonly warmMs: number;
  readonly aloneMs: number;
  /** Absent: as long as the attack wants. */
  readonly attackSeconds?: number;
  /** The span of an attack goes on for so long after its end, because its remains may be costly, too. */
  readonly remainsMs: number;
  /** From then on until memory is measured; 0: it is not. */
  readonly settleMs: number;
  /** From the beginning of the second attack until the stop. */
  readonly stopAfterMs: number;
  /** How long the server waits in a stop. */
  readonly shutdownTimeoutMs: number;
}

export const wholeTimes: TrialTimes = {
  warmMs: 2000,
  aloneMs: 1500,
  remainsMs: 2000,
  settleMs: bounds.settleMs,
  stopAfterMs: 2000,
  shutdownTimeoutMs: 4000,
};

export const briefTimes: TrialTimes = {
  warmMs: 1000,
  aloneMs: 300,
  attackSeconds: 2,
  remainsMs: 500,
  settleMs: 0,
  stopAfterMs: 500,
  shutdownTimeoutMs: 1000,
};

/** Waits while the machine may do something else. */
export type Aside = <T>(wait: () => Promise<T>) => Promise<T>;

/** Time that a check of the holdings may take. */
const checkMsMax = 10_000;
/** The server is killed when its stop takes longer. */
const stopMsMax = 10_000;

export async function tryAttack(attack: Attack, times: TrialTimes, aside: Aside): Promise<Row> {
  using folder = createTemporaryFolder();
  const shutdown = ["--shutdown-timeout", `${times.shutdownTimeoutMs}ms`];
  const begin = () => startServer(folder.path, [...shutdown, ...(attack.argv ?? [])]);
  await using server = await begin();
  const given = await credentialsFor(folder.path, attack.argv ?? []);
  await using good = await startGoodClient(server, given);
  const measured = await measure({ attack, times, aside, server, good });
  const survived = await examine(server, good.holdings);
  await server[Symbol.asyncDispose]();
  const restarted = await restart({ attack, times }, begin, survived);
  const lost = [...survived.lost, ...restarted.lost].map((what) => `lost: ${what}`);
  return {
    attack: attack.name,
    ...measured,
    ...restarted,
    peakMiB: Math.max(server.memory.peakMiB, restarted.peakMiB),
    lost: lost.length,
    faults: [...measured.faults, ...survived.faults, ...restarted.faults, ...lost],
  };
}

/** What the good client needs on a server with these settings. */
async function credentialsFor(folder: string, argv: readonly string[]): Promise<Credentials> {
  const place = argv.indexOf("--ldlm-password");
  const password = place < 0 ? undefined : argv[place + 1];
  if (!argv.includes("--softvisio-require-token")) return { password };
  const environment = { HOLDFAST_DATA: "data" };
  const making = runHoldfast({ folder, argv: ["token", "create", "good"], environment });
  return { password, token: (await making).stdout.trim() };
}

interface Plan {
  readonly attack: Attack;
  readonly times: TrialTimes;
}

interface Stage extends Plan {
  readonly aside: Aside;
  readonly server: TrialServer;
  readonly good: GoodClient;
}

async function measure(stage: Stage) {
  const { attack, times, aside, server, good } = stage;
  const { process, memory } = server;
  await sleep(times.warmMs);
  good.begin();
  await sleep(times.aloneMs);
  const { p99Ms: aloneP99Ms } = await good.report();
  const beforeMiB = memory.nowMiB();
  const attacked = await attackFor(stage);
  await endsWithin(times.remainsMs, process);
  const { failures, requests: _, ...figures } = await good.report();
  const noticed = Object.entries(failures).map(([what, count]) => `${count} × ${what}`);
  const faults = [...attacked.faults, ...noticed];
  const settleMs = attack.fillsState ? 0 : times.settleMs;
  good.rest();
  const after = await aside(() =>
    behindOthers([process.pid, good.pid], async () => {
      const isGone = await endsWithin(settleMs, process);
      return isGone || settleMs === 0 ? {} : { afterMiB: memory.nowMiB(), settleMs };
    }),
  );
  return { ...figures, aloneP99Ms, beforeMiB, ...after, counts: attacked.counts, faults };
}

/** Meanwhile the processes run only when no other wants to, so that they do not disturb the next measurement. */
async function behindOthers<T>(pids: readonly number[], wait: () => Promise<T>): Promise<T> {
  for (const pid of pids) setNiceness(pid, constants.priority.PRIORITY_LOW);
  try {
    return await wait();
  } finally {
    for (const pid of pids) setNiceness(pid, constants.priority.PRIORITY_NORMAL);
  }
}

/** Of a process that may be gone. Only root may raise a priority again. */
function setNiceness(pid: number, niceness: number): void {
  try {
    setPriority(pid, niceness);
  } catch (error) {
    const { code = "" } = (error as { info?: { code?: string } }).info ?? {};
    if (!["ESRCH", "EACCES", "EPERM"].includes(code)) throw error;
  }
}

/** The attackers are killed at the end, which cuts all their connections at once. */
async function attackFor({ attack, times, server, good }: Stage) {
  const { port, process } = server;
  const seconds = times.attackSeconds ?? attack.seconds ?? attackSecondsDefault;
  await using attackers = await startAttackers(attack.name, port, seconds);
  good.begin();
  await endsWithin(1000 * seconds, process);
  const { counts, hasFailed } = attackers;
  return { counts, faults: hasFailed ? ["the attackers have failed"] : [] };
}

/** What the good client holds, and the newest fencing token, when the attack is over. */
interface Survived {
  readonly holdings: Holdings;
  readonly token: number;
  readonly lost: readonly string[];
  readonly faults: readonly string[];
}

async function examine(server: TrialServer, before: Holdings): Promise<Survived> {
  const { process, port, memory } = server;
  const unknown = { holdings: before, token: 0, lost: [] };
  if (await endsWithin(0, process)) {
    const why = memory.hasKilled ? `it had ${residentMiBMax} MiB` : "it crashed";
    return { ...unknown, faults: [`the server is gone: ${why}`] };
  }
  try {
    const lost = await within(checkMsMax, lostOf(port, before));
    const { token, holdings } = await within(checkMsMax, takenOneMore(port, before));
    const isServing = await within(checkMsMax, isReady(port));
    return { holdings, token, lost, faults: isServing ? [] : ["the server is not ready"] };
  } catch (error) {
    const { message } = error as Error;
    return { ...unknown, faults: [`the server does not serve afterwards: ${message}`] };
  }
}

async function restart(plan: Plan, begin: () => Promise<TrialServer>, survived: Survived) {
  const { holdings, token } = survived;
  const beganMs = performance.now();
  try {
    await using server = await begin();
    const startMs = performance.now() - beganMs;
    const { port, memory } = server;
    const unheld = await within(checkMsMax, lostOf(port, holdings));
    const newest = await within(checkMsMax, takenOneMore(port, holdings));
    const unreturned = await within(checkMsMax, unreturnedOf(port, newest.holdings));
    const lost = [...unheld, ...unreturned];
    if (newest.token <= token) lost.push(`token ${newest.token} comes after ${token}`);
    const stopped = await stopUnder(plan, server);
    return { startMs, lost, peakMiB: memory.peakMiB, ...stopped };
  } catch (error) {
    const { message } = error as Error;
    const faults = [`the server does not start and serve again: ${message.slice(0, 200)}`];
    return { lost: [], peakMiB: 0, faults };
  }
}

async function stopUnder({ attack, times }: Plan, { process, port }: TrialServer) {
  const { stopAfterMs, shutdownTimeoutMs } = times;
  await using _ = await startAttackers(attack.name, port, (stopAfterMs + stopMsMax) / 1000);
  const faults: string[] = [];
  if (await endsWithin(stopAfterMs, process)) faults.push("the server ended before its stop");
  const beganMs = performance.now();
  process.kill("SIGTERM");
  const hasEnded = await endsWithin(stopMsMax, process);
  const stopMs = performance.now() - beganMs;
  if (!hasEnded) process.kill("SIGKILL");
  const { status } = await process.ended;
  if (status !== 0) faults.push(`a stop ended with ${status}`);
  return { stopMs, stopLateMs: Math.max(0, stopMs - shutdownTimeoutMs), faults };
}
