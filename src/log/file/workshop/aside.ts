/**
 * A repair keeps the files that it takes out of a log in a folder `damaged-1` inside the log's
 * folder, the next repair in `damaged-2`, and so on. A repair that was interrupted does not copy
 * files twice.
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
 * The folder for these files of the log: the first that is free, or the one to which an interrupted
 * repair has copied some of them. Every file there with the name of one of them is a copy of it.
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

/** Copies the file durably, as far as the disk can read it. An existing copy stays. */
export async function copyAside(disk: Disk, from: string, to: string): Promise<void> {
  await disk.makeFolder(dirname(to));
  const found = await filesIn(disk, dirname(to));
  if (found.includes(basename(to)) && (await hasSameBytes(disk, from, to))) {
    // The copy is on disk, but its name may be in memory only.
    await disk.syncFolder(dirname(to));
    return;
  }
  await writeNewFile(disk, to, partsOf(disk, from));
}

/** The names of all complete files in the folder; none when it does not exist. */
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
