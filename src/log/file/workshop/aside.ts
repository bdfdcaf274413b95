/**
 * Where a repair keeps what it takes out of a log: in the folder of the log a folder `damaged-1`, for the
 * next repair `damaged-2`, and so on. What one try has copied is not copied again by the next.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Disk } from "../disk.ts";
import { hasCode } from "../error-code.ts";
import { type NamedFile, temporarySuffix } from "../names.ts";
import { writeNewFile } from "../new-file.ts";
import { readParts } from "./file-parts.ts";
import { salvaging } from "./salvage.ts";

/**
 * Where these files of the folder go: the first place that is free, or where a try that was interrupted has
 * copied some of them. No file that is there has the name of one of them and is anything else.
 */
export async function folderAside(
  disk: Disk,
  folder: string,
  files: readonly NamedFile[],
): Promise<string> {
  for (let number = 1; ; number += 1) {
    const aside = join(folder, `damaged-${number}`);
    const found = await filesIn(disk, aside);
    const copies = files.filter(({ name }) => found.includes(name));
    const isOurs = found.length === 0 || copies.length > 0;
    if (isOurs && (await areCopied(disk, folder, aside, copies))) return aside;
  }
}

/** Copies the file durably, as far as the disk can read it, unless that was done before. */
export async function copyAside(disk: Disk, from: string, to: string): Promise<void> {
  await disk.makeFolder(dirname(to));
  const found = await filesIn(disk, dirname(to));
  if (found.includes(basename(to)) && (await hasSameBytes(disk, from, to))) {
    // It is on the disk, but its name may be in memory alone.
    await disk.syncFolder(dirname(to));
    return;
  }
  await writeNewFile(disk, to, partsOf(disk, from));
}

/** The names of all but what was not finished; none when there is no such folder. */
async function filesIn(disk: Disk, folder: string): Promise<readonly string[]> {
  try {
    return (await disk.list(folder)).filter((name) => !name.endsWith(temporarySuffix));
  } catch (error) {
    if (hasCode(error, ["ENOENT"])) return [];
    throw error;
  }
}

async function areCopied(
  disk: Disk,
  folder: string,
  aside: string,
  files: readonly NamedFile[],
): Promise<boolean> {
  for (const { name } of files) {
    if (!(await hasSameBytes(disk, join(folder, name), join(aside, name)))) return false;
  }
  return true;
}

async function hasSameBytes(disk: Disk, path: string, other: string): Promise<boolean> {
  return (await digestOf(disk, path)) === (await digestOf(disk, other));
}

async function digestOf(disk: Disk, path: string): Promise<string> {
  const hash = createHash("sha256");
  for (const part of partsOf(disk, path)) {
    hash.update(part);
    await disk.turn();
  }
  return hash.digest("hex");
}

function partsOf(disk: Disk, path: string): Iterable<Buffer> {
  return readParts(salvaging(disk), path, { from: 0 });
}
