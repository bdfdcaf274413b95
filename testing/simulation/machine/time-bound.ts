import type { Disk } from "../../../src/log/file/mod.ts";
import type { Clock } from "../../../src/server/clock.ts";

/** The latest time that the log can carry, as the clocks and the stops of a machine allow. */
export interface TimeBound {
  latestMs(): number;
  /** A process has read its wall clock and goes on from that. */
  look(clock: Clock, wallMs: number): void;
  /** The process goes on from the last entry of its log if its clock is behind that. */
  goOnFrom(atMs: number): void;
  /** The running process was stopped for `ms`. */
  stopped(ms: number): void;
  /** The event loop of the running process was busy for `ms`. */
  busy(ms: number): void;
}

/** The same for a server with a log of its own, which must give back stops and stalls. */
export interface OwnTimeBound extends TimeBound {
  /** Watches the disk of a process. The server must give back each stall, from the last write on. */
  watch(clock: Clock, disk: Disk): Disk;
}

/** The server must notice a longer stop or stall; it counts whole milliseconds. */
const noticedMs = 1_002;
const roundingMs = 2;

/** The server reads its clock at least as often, and counts a stop from the last reading on. */
const lookMs = 250;

export function createOwnTimeBound(): OwnTimeBound {
  let givenBackMs = 0;
  /** Time that the server may have given back although it need not. */
  let doubtfulMs = 0;
  let begun = { atMs: 0, clockMs: 0, clock: undefined as Clock | undefined };

  function latestMs(): number {
    return Math.max(begun.atMs + (begun.clock?.nowMs() ?? 0) - begun.clockMs, 0);
  }

  function giveBack(ms: number): void {
    givenBackMs += ms;
    begun = { ...begun, atMs: begun.atMs - ms };
  }

  return {
    latestMs,
    look(clock, wallMs) {
      const earlierMs = clock === begun.clock ? latestMs() : 0;
      begun = { atMs: Math.max(wallMs, earlierMs), clockMs: clock.nowMs(), clock };
    },
    goOnFrom(atMs) {
      const behindMs = atMs - latestMs();
      if (behindMs > 0) begun = { ...begun, atMs: begun.atMs + behindMs };
    },
    stopped(ms) {
      doubtfulMs += lookMs;
      if (ms > noticedMs) giveBack(ms);
      else doubtfulMs += ms;
    },
    busy(ms) {
      // A start reads its clock so rarely that it cannot tell the rest of a stall from a stop.
      doubtfulMs += ms;
    },
    watch(clock, disk) {
      const runMs = () => clock.nowMs() - givenBackMs - doubtfulMs;
      const underWay = new Set<{ heldUpSince: number }>();

      async function timed(run: () => Promise<void>): Promise<void> {
        const operation = { heldUpSince: runMs() };
        underWay.add(operation);
        await run().finally(() => underWay.delete(operation));
        const heldUpMs = runMs() - operation.heldUpSince;
        if (clock === begun.clock && heldUpMs > noticedMs) giveBack(heldUpMs - roundingMs);
      }

      return {
        ...disk,
        rename: (from, to) => timed(() => disk.rename(from, to)),
        syncFolder: (folder) => timed(() => disk.syncFolder(folder)),
        open(path, mode) {
          const file = disk.open(path, mode);
          return {
            ...file,
            write(bytes, position) {
              for (const operation of underWay) operation.heldUpSince = runMs();
              file.write(bytes, position);
            },
            sync: () => timed(file.sync),
          };
        },
      };
    },
  };
}

/** For a log that several nodes share: no entry is ahead of the clock that is furthest ahead. */
export function createSharedTimeBound(latestMs: () => number): TimeBound {
  return { latestMs, look() {}, goOnFrom() {}, stopped() {}, busy() {} };
}
