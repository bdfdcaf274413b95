import type { TimeMs } from "../../core/ids.ts";
import type { Log } from "../log.ts";
import type { Disk } from "./disk.ts";
import { readEntries } from "./entries.ts";
import { hasCode } from "./error-code.ts";
import { segmentsAmong, snapshotsAmong } from "./names.ts";
import { type FileLog, ownerLog } from "./owner.ts";
import { recover } from "./recovery.ts";
import { keepSnapshot, newestSnapshot, type Report } from "./snapshots.ts";
import { openWriter } from "./writer.ts";

export interface OwnerOptions {
  readonly access: "owner";
  readonly disk: Disk;
  /** Made when it does not exist. */
  readonly folder: string;
  /** Rejects with `NoLog` instead of beginning a new log. */
  readonly mustExist?: boolean;
  readonly now: () => TimeMs;
  /** The clock for retries on a full disk; `now` when absent. */
  readonly monotonicMs?: () => number;
  /**
   * When an append is acknowledged. `always`: when it is on disk. `relaxed`: when the operating
   * system has it; it is on disk within a second.
   */
  readonly durability: "always" | "relaxed";
  /** Size at which the log begins the next segment; 64 MiB when absent. */
  readonly segmentBytes?: number;
  /** Bytes to preallocate at a time behind the last record; 4 MiB when absent. */
  readonly growthBytes?: number;
  /** Part of the preallocated bytes to keep for a full disk; 1 MiB when absent. */
  readonly reserveBytes?: number;
  /** Calls `run` every second until the caller calls the returned function. */
  readonly everySecond?: (run: () => void) => () => void;
  /** Gets the damage of each snapshot that the log passes over. */
  readonly report?: Report;
}

export interface ReaderOptions {
  readonly access: "reader";
  readonly disk: Disk;
  readonly folder: string;
  readonly report?: Report;
}

/** Access to the files of a log that another process or thread may be writing. */
export interface LogReader extends Pick<Log, "newestSnapshot" | "writeSnapshot" | "close"> {
  /** As in `Log`, but ends at the last entry in the files. */
  read: Log["read"];
}

/** The folder has no log, and must have one. */
export class NoLog extends Error {
  override readonly name = "NoLog";

  constructor(folder: string) {
    super(`${folder} has no data of a server`);
  }
}

const mebibyte = 1024 * 1024;

/**
 * Opens the log. Only its owner appends and trims, and a folder has one owner at a time. Throws
 * `FolderInUse`, `NoLog`, `LogDamage`, `FormatTooNew`, and errors of the disk.
 */
export function openFileLog(options: OwnerOptions): Promise<FileLog>;
export function openFileLog(options: ReaderOptions): Promise<LogReader>;
export async function openFileLog(options: OwnerOptions | ReaderOptions): Promise<LogReader> {
  return options.access === "owner" ? openOwner(options) : readerLog(options);
}

async function openOwner(options: OwnerOptions): Promise<FileLog> {
  const settings = {
    segmentBytes: 64 * mebibyte,
    growthBytes: 4 * mebibyte,
    reserveBytes: mebibyte,
    monotonicMs: options.now,
    everySecond,
    report: () => {},
    ...options,
  };
  const { disk, folder, report } = settings;
  if (options.mustExist) await checkThere(disk, folder);
  else await disk.makeFolder(folder);
  const lock = await disk.lockFolder(folder);
  try {
    const recovered = await recover(disk, folder, report);
    const writer = await openWriter(settings, recovered);
    return ownerLog({ ...settings, recovered, writer, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function checkThere(disk: Disk, folder: string): Promise<void> {
  const names = await disk.list(folder).catch((error) => {
    if (!hasCode(error, ["ENOENT"])) throw error;
    return [];
  });
  if (segmentsAmong(names).length + snapshotsAmong(names).length === 0) throw new NoLog(folder);
}

function readerLog({ disk, folder, report = () => {} }: ReaderOptions): LogReader {
  return {
    async *read(from, signal) {
      for await (const batch of readEntries(disk, folder, { from })) {
        if (signal.aborted) return;
        yield batch;
      }
    },
    newestSnapshot: () => newestSnapshot(disk, folder, report),
    writeSnapshot: (index, records) => keepSnapshot(disk, folder, { index, records }, report),
    close: () => Promise.resolve(),
  };
}

function everySecond(run: () => void): () => void {
  const timer = setInterval(run, 1000);
  return () => clearInterval(timer);
}
