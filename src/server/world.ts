import { randomUUID } from "node:crypto";
import { loadavg } from "node:os";
import { collectDefaultMetrics, type Registry } from "prom-client";
import { type Disk, nodeDisk } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import { type AdminSocket, type AdminSocketOptions, openAdminSocket } from "./admin/socket.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type LogOptions, openConfiguredLog } from "./configured-log.ts";
import { type Heap, readHeapBytesMax, systemHeap } from "./heap.ts";
import { createPasswords, type Passwords } from "./identity/passwords.ts";
import { type Listener, type ListenerOptions, openListener } from "./listen/listener.ts";
import { readOpenFilesMax } from "./open-files.ts";
import { createSecrets } from "./secrets.ts";
import { type SnapshotJob, type SnapshotOptions, startSnapshotThread } from "./snapshot-thread.ts";

/**
 * Everything that a server asks of its machine; there is no other way to it. A simulation substitutes a world
 * of its own, in which a seed decides what time, disk and network do.
 */
export interface World {
  readonly disk: Disk;
  /** Monotonic. */
  readonly clock: Clock;
  /** Unix time in ms; may jump. */
  wallNowMs(): number;
  /** The load of the machine: averages of 1, 5 and 15 minutes. */
  loads(): readonly [number, number, number];
  /** CPU time in ms that the thread of the server has used; none of it passes while the process is stopped. */
  cpuMs(): number;
  /** 128 random bits, as 32 hexadecimal digits. */
  newSecret(): string;
  newUuid(): string;
  openLog(options: LogOptions): Promise<Log>;
  /** Whether other nodes append to the log, too, and their time goes on while this node stands still. */
  readonly isLogShared: boolean;
  openListener(options: ListenerOptions): Promise<Listener>;
  openAdminSocket(options: AdminSocketOptions): Promise<AdminSocket>;
  /** How many files the process may have open, sockets included; `undefined` where that is unknown. */
  openFilesMax(): number | undefined;
  /** How far the long-lived part of the heap may grow; a thread that makes a snapshot has as much again. */
  heapBytesMax(): number;
  readonly heap: Heap;
  createPasswords(): Passwords;
  /** Calls `report` for each snapshot that was passed over because it is damaged. */
  startSnapshot(options: SnapshotOptions, report: (damage: string) => void): SnapshotJob;
  /** Adds metrics of the process: its memory, its event loop and so on. */
  addProcessMetrics(registry: Registry): void;
}

export const systemWorld: World = {
  disk: nodeDisk,
  clock: systemClock,
  wallNowMs: Date.now,
  loads: () => loadavg() as [number, number, number],
  cpuMs: threadCpuMs,
  newSecret: createSecrets(),
  createPasswords,
  newUuid: randomUUID,
  openLog: openConfiguredLog,
  isLogShared: false,
  openListener,
  openAdminSocket,
  openFilesMax: readOpenFilesMax,
  heapBytesMax: readHeapBytesMax,
  heap: systemHeap,
  startSnapshot: startSnapshotThread,
  addProcessMetrics: (register) => collectDefaultMetrics({ register }),
};

/** Of this thread alone: the work of others, such as the one that makes snapshots, does not keep it from its own. */
function threadCpuMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

/** Before 23.9, Node knew the CPU time of all threads only, which makes a stop shorter and never longer. */
const cpuUsage: () => NodeJS.CpuUsage = process.threadCpuUsage ?? process.cpuUsage;
