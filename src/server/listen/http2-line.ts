import type { Socket } from "node:net";
import { type Account, mayWork, sliceMs, spend, waitInLine, worked } from "../budget/budget.ts";
import { startReading, stopReading } from "./reading.ts";

/**
 * The work that one HTTP/2 connection brings, in its order, done within the turns of its account:
 *
 *   idle ──no turn──▶ waiting ──a turn──▶ working for a slice ──▶ idle, or waiting again
 *                        └── much is waiting ──▶ not read until all is done
 */
export interface Line {
  readonly account: Account;
  readonly socket: Socket;
  /** Work that waits for its turn, from `next` on. */
  tasks: (() => void)[];
  next: number;
  /** End of the present slice, in ms of the clock. */
  sliceEndMs: number;
  isStopped: boolean;
  isEnded: boolean;
  readonly goOn: () => void;
}

/** Beyond so many tasks the connection is not read. Stopping for each would cost a busy connection more than the tasks. */
const tasksHeldMax = 32;

export function createLine(socket: Socket, account: Account): Line {
  const line: Line = {
    account,
    socket,
    tasks: [],
    next: 0,
    sliceEndMs: 0,
    isStopped: false,
    isEnded: false,
    goOn: () => goOn(line),
  };
  return line;
}

/**
 * Time that bytes of a body take, in ms for each MiB, and for each frame: Node reads, nghttp2 copies, and V8 collects the
 * memory later. Bodies of 750 MB that did not end took 12 s of a core.
 */
const bodyMsPerMiB = 12;
const bodyFrameMs = 0.005;

/** The same for what one read brings, at most 64 KiB. */
const readMs = bodyMsPerMiB / 16;

/**
 * Counts a frame of so many bytes of a body, which Node has read. It reads whatever has arrived on all connections, so
 * a connection that has no turn is not read before its next one.
 */
export function countBody(line: Line, bytes: number): void {
  const { account } = line;
  const nowMs = account.turns.clock.nowMs();
  worked(account, bodyFrameMs + (bytes * bodyMsPerMiB) / 2 ** 20, nowMs);
  if (!line.isStopped && nowMs >= line.sliceEndMs && !mayWork(account, nowMs)) pauseLine(line);
}

/** Does the work now or in a later turn, behind all that waits. `spentMs` of it went by before, without a clock. */
export function work(
  line: Line,
  task: () => void,
  fromMs = line.account.turns.clock.nowMs(),
  spentMs = 0,
): void {
  const { account } = line;
  if (line.isEnded) return;
  if (line.tasks.length > 0 || (fromMs >= line.sliceEndMs && !mayWork(account, fromMs))) {
    if (spentMs > 0) worked(account, spentMs, fromMs);
    hold(line, task);
    return;
  }
  task();
  const nowMs = account.turns.clock.nowMs();
  worked(account, nowMs - fromMs + spentMs, nowMs);
}

function hold(line: Line, task: () => void): void {
  line.tasks.push(task);
  if ((line.tasks.length - line.next) % tasksHeldMax === 0) stop(line);
  wait(line);
}

/** Reads nothing more from the connection until its account has had a turn. */
export function pauseLine(line: Line): void {
  if (line.isEnded) return;
  stop(line);
  wait(line);
}

/** Reads on if a write kept the line from it. */
export function reviewLine(line: Line): void {
  if (line.isStopped && line.account.work === undefined) start(line);
}

/** Drops all that waits, and reads no more. */
export function endLine(line: Line): void {
  line.isEnded = true;
  line.tasks = [];
  stopReading(line.socket);
}

function stop(line: Line): void {
  line.isStopped = true;
  stopReading(line.socket);
}

function start(line: Line): void {
  line.isStopped = false;
  startReading(line.socket);
}

function wait({ account, goOn }: Line): void {
  if (account.work === undefined) waitInLine(account, goOn);
}

function goOn(line: Line): void {
  if (line.isEnded) return;
  const { account, tasks } = line;
  const { clock } = account.turns;
  const fromMs = clock.nowMs();
  let nowMs = fromMs;
  line.sliceEndMs = fromMs + sliceMs;
  while (!line.isEnded && line.next < tasks.length && nowMs < line.sliceEndMs) {
    const task = tasks[line.next];
    line.next += 1;
    task?.();
    nowMs = clock.nowMs();
  }
  worked(account, nowMs - fromMs, nowMs);
  if (line.isEnded) return;
  if (line.next < tasks.length) {
    dropDone(line);
    // Node may have read on after a write.
    if (line.isStopped) stopReading(line.socket);
    wait(line);
    return;
  }
  line.tasks = [];
  line.next = 0;
  if (!line.isStopped) return;
  spend(account.turns, readMs);
  start(line);
}

/** So that the tasks that are done are not kept while many wait. */
function dropDone(line: Line): void {
  if (line.next < line.tasks.length / 2) return;
  line.tasks = line.tasks.slice(line.next);
  line.next = 0;
}
