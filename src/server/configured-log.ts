import { statfs } from "node:fs/promises";
import { resolve } from "node:path";
import type { TimeMs } from "../core/ids.ts";
import { type Disk, hasCode, NoLog, type OwnerOptions, openFileLog } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import { openMemoryLog } from "../log/memory.ts";
import type { Clock } from "./clock.ts";
import { type Config, formatBytes } from "./config.ts";

export interface LogOptions {
  readonly config: Pick<Config, "data" | "dataMustExist" | "durability">;
  /** Where a log in files lies. */
  readonly disk: Disk;
  readonly clock: Clock;
  /** The time that entries carry. */
  now(): TimeMs;
  /** Called for each snapshot that was passed over because it is damaged. */
  report(damage: Error): void;
}

/** Sizes of a log in files; the log has its own for those that are absent. */
export type LogSizes = Pick<OwnerOptions, "segmentBytes" | "growthBytes" | "reserveBytes">;

/** Opens the log that the configuration names. Rejects when the data cannot be used. */
export async function openConfiguredLog(
  { config, disk, clock, now, report }: LogOptions,
  sizes: LogSizes = {},
): Promise<Log> {
  const { data, dataMustExist, durability } = config;
  if (data.type === "memory") return openMemoryLog({ now, dropsEntriesOnceRead: true });
  try {
    return await openFileLog({
      access: "owner",
      disk,
      folder: data.path,
      mustExist: dataMustExist,
      now,
      monotonicMs: clock.nowMs,
      durability,
      ...sizes,
      everySecond: (run) => clock.every(1000, run),
      report,
    });
  } catch (error) {
    throw await explained(data.path, error);
  }
}

/** Adds to the bare error of the operating system what helps. */
async function explained(path: string, error: unknown): Promise<unknown> {
  const folder = resolve(path);
  if (error instanceof NoLog) {
    const advice =
      "set data to the right folder, mount it, or give dataMustExist up for the first start";
    return new Error(
      `${folder} has no data of a server, and dataMustExist asks for some; ${advice}`,
    );
  }
  if (hasCode(error, ["ENOSPC", "EDQUOT"])) {
    const free = await freeBytes(folder);
    const found = free === undefined ? "" : `, and ${formatBytes(free)} are free`;
    const fault = `the disk of ${folder} is too full: a start needs ${formatBytes(startBytes)} there${found}`;
    return new Error(`${fault}; make room, or set data to a folder elsewhere`, { cause: error });
  }
  const noRight = `this user may not write to ${folder}; give the folder to the user, or set data to another one`;
  const noFolder = `${folder} cannot be a folder, because there is a file; set data to another path`;
  const faults: Readonly<Record<string, string>> = {
    EROFS: `the disk of ${folder} is read-only; mount it for writing, or set data to a folder elsewhere`,
    EACCES: noRight,
    EPERM: noRight,
    ENOTDIR: noFolder,
    EEXIST: noFolder,
  };
  const fault = hasCode(error, Object.keys(faults)) ? faults[error.code ?? ""] : undefined;
  return fault === undefined ? error : new Error(fault, { cause: error });
}

const mebibyte = 1024 * 1024;

/** What a new log takes at once, with some room for its first entries. */
const startBytes = 2 * mebibyte;

/** `undefined`: unknown. */
async function freeBytes(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const bytes = bavail * bsize;
    // So that a large unit fits.
    return bytes - (bytes % (bytes < mebibyte ? 1024 : mebibyte));
  } catch {
    return undefined;
  }
}
