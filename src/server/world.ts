import { randomBytes, randomUUID } from "node:crypto";
import { collectDefaultMetrics, type Registry } from "prom-client";
import { type Disk, nodeDisk, type OwnerOptions } from "../log/file/mod.ts";
import { type AdminSocket, type AdminSocketOptions, openAdminSocket } from "./admin/socket.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Listener, type ListenerOptions, openListener } from "./listen/listener.ts";
import { readOpenFilesMax } from "./open-files.ts";
import { type SnapshotJob, type SnapshotOptions, startSnapshotThread } from "./snapshot-thread.ts";

/**
 * All that a server asks of the machine that it runs on, and the only way to it. A simulation puts
 * another in its place, in which time, disk and network do what a seed says.
 */
export interface World {
  readonly disk: Disk;
  /** Where they differ from those of the file log. */
  readonly logSizes: Pick<OwnerOptions, "segmentBytes" | "growthBytes" | "reserveBytes">;
  /** Monotonic. */
  readonly clock: Clock;
  /** Unix time in ms; may jump. */
  wallNowMs(): number;
  /** 128 random bits, as 32 hexadecimal digits. */
  newSecret(): string;
  newUuid(): string;
  openListener(options: ListenerOptions): Promise<Listener>;
  openAdminSocket(options: AdminSocketOptions): Promise<AdminSocket>;
  /** Sockets among them; `undefined` where nobody says so. */
  openFilesMax(): number | undefined;
  /** `report` is told of damaged snapshots that were passed over. */
  startSnapshot(options: SnapshotOptions, report: (damage: string) => void): SnapshotJob;
  /** Adds what the process itself tells of its memory, its event loop and so on. */
  addProcessMetrics(registry: Registry): void;
}

export const systemWorld: World = {
  disk: nodeDisk,
  logSizes: {},
  clock: systemClock,
  wallNowMs: Date.now,
  newSecret: () => randomBytes(16).toString("hex"),
  newUuid: randomUUID,
  openListener,
  openAdminSocket,
  openFilesMax: readOpenFilesMax,
  startSnapshot: startSnapshotThread,
  addProcessMetrics: (register) => collectDefaultMetrics({ register }),
};
