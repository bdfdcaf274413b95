import type { TimeMs } from "../../core/ids.ts";
import type { Log } from "../log.ts";
import type { Disk } from "./disk.ts";
import { readEntries } from "./entries.ts";
import { type FileLog, ownerLog } from "./owner.ts";
import { recover } from "./recovery.ts";
import { keepSnapshot, newestSnapshot, type Report } from "./snapshots.ts";
import { openWriter } from "./writer.ts";

export interface OwnerOptions {
  readonly access: "owner";
  readonly disk: Disk;
  /** Made when it does not exist. */
  readonly folder: string;
  readonly now: () => TimeMs;
  /** The clock by which a full disk is tried again; `now` when absent. */
  readonly monotonicMs?: () => number;
  /** `relaxed`: acknowledged when the operating system has it, on disk within a second. */
  readonly durability: "always" | "relaxed";
  /** A segment of this size is followed by the next one; 64 MiB. */
  readonly segmentBytes?: number;
  /** What is set aside at a time behind the last record; 4 MiB. */
  readonly growthBytes?: number;
  /** What is kept of that for a full disk; 1 MiB. */
  readonly reserveBytes?: number;
  /** Calls `run` every second until the function returned is called. */
  readonly everySecond?: (run: () => void) => () => void;
  /** Told of damaged snapshots that were passed over; nobody, when absent. */
  readonly report?: Report;
}

export interface ReaderOptions {
  readonly access: "reader";
  readonly disk: Disk;
  readonly folder: string;
  readonly report?: Report;
}

/** The files of a log which somebody else may be writing. */
export interface LogReader extends Pick<Log, "newestSnapshot" | "writeSnapshot" | "close"> {
  /** As that of `Log`, but ends with the last entry that the files hold. */
  read: Log["read"];
}

const mebibyte = 1024 * 1024;

/**
 * The owner alone appends and trims; a folder has one at a time. Throws `FolderInUse`, `LogDamage`,
 * `FormatTooNew`, and the errors of the disk.
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
  await disk.makeFolder(folder);
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
