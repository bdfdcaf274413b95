import type { TimeMs } from "../core/ids.ts";
import { type Disk, type OwnerOptions, openFileLog } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import { openMemoryLog } from "../log/memory.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";

export interface LogOptions {
  readonly config: Pick<Config, "data" | "durability">;
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
  const { data, durability } = config;
  if (data.type === "memory") return openMemoryLog({ now, dropsEntriesOnceRead: true });
  return await openFileLog({
    access: "owner",
    disk,
    folder: data.path,
    now,
    monotonicMs: clock.nowMs,
    durability,
    ...sizes,
    everySecond: (run) => clock.every(1000, run),
    report,
  });
}
