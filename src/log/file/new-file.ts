import { dirname } from "node:path";
import type { Disk } from "./disk.ts";
import { temporarySuffix } from "./names.ts";

export interface NewFileOptions {
  /** Path of the file until it is complete; its own path with a suffix when absent. */
  readonly temporary?: string;
  /** Awaited when the file is complete. When it throws, the file does not get its name. */
  readonly beforeRename?: () => Promise<void>;
}

/**
 * Writes the file under a temporary name, makes it durable, renames it, and makes the name durable,
 * so that whoever finds the file finds it complete. Replaces an existing file. After an error it
 * removes the temporary file.
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

/** A longer stretch would delay the next sync of the log, and clients wait for that. */
const syncEveryBytes = 8 * 1024 * 1024;

/** When it resolves, the contents are durable, but the name is not. */
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
