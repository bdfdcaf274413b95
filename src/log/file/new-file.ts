import { dirname } from "node:path";
import type { Disk } from "./disk.ts";
import { temporarySuffix } from "./names.ts";

export interface NewFileOptions {
  /** What it is called until it is whole; the name with a suffix when absent. */
  readonly temporary?: string;
  /** Awaited when it is whole; if it throws, the file does not get its name. */
  readonly beforeRename?: () => Promise<void>;
}

/**
 * Writes the file beside, makes it durable, then gives it its name and makes that durable, too: who
 * finds it finds it whole. Replaces what had the name. After an error nothing is left beside.
 */
export async function writeNewFile(
  disk: Disk,
  path: string,
  parts: Iterable<Uint8Array>,
  { temporary = path + temporarySuffix, beforeRename }: NewFileOptions = {},
): Promise<void> {
  try {
    await writeBeside(disk, temporary, parts);
    await beforeRename?.();
    await disk.rename(temporary, path);
  } catch (error) {
    await disk.remove(temporary);
    throw error;
  }
  await disk.syncFolder(dirname(path));
}

/** More at once would stand before the next sync of the log, for which clients wait. */
const syncEveryBytes = 8 * 1024 * 1024;

/** The contents are durable when it resolves; the name is not yet. */
export async function writeBeside(
  disk: Disk,
  temporary: string,
  parts: Iterable<Uint8Array>,
): Promise<void> {
  const file = disk.open(temporary, "create");
  try {
    let position = 0;
    let syncedBytes = 0;
    for (const bytes of parts) {
      file.write(bytes, position);
      position += bytes.length;
      if (position >= syncedBytes + syncEveryBytes) {
        await file.sync();
        syncedBytes = position;
      }
      await disk.turn();
    }
    await file.sync();
  } finally {
    file.close();
  }
}
