/**
 * A backup is a snapshot under any name: the state at one entry. The same code reads both, so a
 * snapshot that somebody saved from a broken folder is a backup.
 */
import { basename, dirname } from "node:path";
import type { State } from "../../../core/apply.ts";
import type { LogIndex } from "../../../core/ids.ts";
import { restore, snapshot } from "../../../core/snapshot.ts";
import { type Flaw, LogDamage, ReadFailure } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { decodeSnapshotHeader, formatVersion, snapshotHeaderBytes } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { encodeSnapshot } from "../snapshot-blocks.ts";
import { verifyRecords } from "../snapshots.ts";

/** The facts about a backup that operators see. */
export interface BackupSummary {
  readonly version: number;
  readonly index: LogIndex;
  /** Time of the last entry. */
  readonly at: State["at"];
  readonly locksHeld: number;
  readonly waiters: number;
  readonly sessions: number;
  readonly lastToken: State["lastToken"];
  readonly bytes: number;
}

export function summaryOf(state: State, bytes: number): BackupSummary {
  return {
    version: formatVersion,
    index: state.index,
    at: state.at,
    locksHeld: state.locks.grantedCount,
    waiters: state.locks.waitingCount,
    sessions: state.sessions.open.size,
    lastToken: state.lastToken,
    bytes,
  };
}

/** The file, in parts. The state must not change until the caller has taken all of them. */
export function encodeBackup(state: State): Iterable<Buffer> {
  return encodeSnapshot({ index: state.index, records: snapshot(state) });
}

export interface BackupOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly state: State;
  /** Whether the backup may replace an existing file. */
  readonly mayReplace: boolean;
  /** Path of the file until it is complete. No other backup may use it at the same time. */
  readonly temporary: string;
}

/** Returns the size of the file. Throws `FileExists`, and errors of the disk. */
export async function writeBackup(options: BackupOptions): Promise<number> {
  const { disk, path, state, mayReplace, temporary } = options;
  let bytes = 0;
  async function checkFree(): Promise<void> {
    if (!mayReplace && (await exists(disk, path))) throw new FileExists(path);
  }
  function* parts(): Generator<Buffer> {
    for (const part of encodeBackup(state)) {
      bytes += part.length;
      yield part;
    }
  }
  await checkFree();
  await writeNewFile(disk, path, parts(), { temporary, beforeRename: checkFree });
  return bytes;
}

export class FileExists extends Error {
  override readonly name = "FileExists";
  constructor(path: string) {
    super(`${path} exists already; give --force to replace it`);
  }
}

export interface Backup {
  readonly state: State;
  readonly summary: BackupSummary;
}

/**
 * Reads and verifies the whole backup. Throws `BackupDamage`, `FormatTooNew` and `ContentTooNew`.
 */
export async function readBackup(disk: Disk, path: string): Promise<Backup> {
  try {
    const { bytes, records } = await verifyRecords(disk, path, indexOf(disk, path));
    const state = restore(records);
    return { state, summary: summaryOf(state, bytes) };
  } catch (error) {
    if (error instanceof LogDamage || error instanceof ReadFailure) throw new BackupDamage(error);
    throw error;
  }
}

export class BackupDamage extends Error {
  override readonly name = "BackupDamage";
  constructor({ file, offset, explanation }: Flaw) {
    super(
      `${file}, byte ${offset}: ${explanation}. This is no whole backup, and nothing of it is used.`,
    );
  }
}

function indexOf(disk: Disk, path: string): LogIndex {
  const file = disk.open(path, "read");
  try {
    const bytes = Buffer.alloc(snapshotHeaderBytes);
    return decodeSnapshotHeader(bytes.subarray(0, file.read(bytes, 0)), path).index;
  } finally {
    file.close();
  }
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  return (await disk.list(dirname(path))).includes(basename(path));
}
