/**
 * The signals of the process. main.ts catches them before it loads anything else, and bin/holdfast.cjs holds those that
 * come even earlier, because the system ends a process that has no handler yet, and ignores the signal if the process is
 * number 1 of a container.
 *
 *   a server          SIGTERM, SIGINT ──▶ stop ──again──▶ ended by that signal
 *                     SIGHUP ──▶ reload, or once the server has started
 *   other commands    ended by the signal
 */
import { constants } from "node:os";

const { promise, resolve: stop } = Promise.withResolvers<NodeJS.Signals>();

/** Resolves with the first signal that stops the server. */
export const stopSignal: Promise<NodeJS.Signals> = promise;

const hangup = {
  isPending: false,
  run() {
    hangup.isPending = true;
  },
};

export function catchSignals({ isServer }: { readonly isServer: boolean }): void {
  if (isServer) {
    stopOnSignals();
    process.on("SIGHUP", () => hangup.run());
    for (const signal of takeEarlySignals()) process.emit(signal, signal);
    return;
  }
  // Elsewhere the default action ends the process even while it computes.
  if (process.pid !== initPid) return;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => endBy(signal));
  }
}

/** Those that bin/holdfast.cjs has held until now. */
function takeEarlySignals(): readonly NodeJS.Signals[] {
  const { takeEarlySignals: take } = process as { takeEarlySignals?(): readonly NodeJS.Signals[] };
  return take?.() ?? [];
}

/** Runs this for every SIGHUP from now on, and at once if one has come before. */
export function onHangup(run: () => void): void {
  hangup.run = run;
  if (hangup.isPending) run();
}

/** The process that the kernel shields from signals of its own namespace, SIGKILL included. */
const initPid = 1;

/**
 * Lets the signal kill the process, because `process.exit` would wait for a disk that hangs. Process 1 survives
 * the signal, so another program takes its place: that ends all threads as well.
 */
export function endBy(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  leave(128 + constants.signals[signal]);
}

/** Ends the process with this status, without waiting for its threads as `process.exit` does. */
export function leave(status: number): never {
  const { execPath } = process;
  process.execve?.(execPath, [execPath, "-e", `process.exit(${status})`], {});
  // Windows has no `execve`.
  process.exit(status);
}

/** npm repeats a terminal's Ctrl-C to a process that already got it, within so many ms. */
const echoMs = 100;

/** A second signal ends the process where it stands. */
function stopOnSignals(): void {
  const hasEcho = process.env.npm_lifecycle_event !== undefined;
  let firstAt: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      const now = performance.now();
      if (firstAt === undefined) {
        firstAt = now;
        stop(signal);
      } else if (signal === "SIGTERM" || !hasEcho || now - firstAt > echoMs) {
        endBy(signal);
      }
    });
  }
}
