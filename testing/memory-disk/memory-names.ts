import { dirname } from "node:path";
import type { Random } from "../history/random.ts";
import { createMemoryFile, type MemoryFile, type Survival } from "./memory-file.ts";

/** The unsynced changes that a power loss leaves: none, all, or a random part. */
export type Keep = "synced" | "all" | Random;

/**
 * The files by their names, in memory and on disk. Changes that no sync of the folder has made
 * durable are the difference.
 */
export interface MemoryNames {
  readonly files: ReadonlyMap<string, MemoryFile>;
  change(change: NameChange): void;
  /** Begins a sync of a folder. Calling the result makes the changes before it durable. */
  beginSync(folder: string): () => void;
  /** Puts a file there, durably. */
  put(path: string, bytes: Uint8Array): void;
  /** An independent copy, in which a file with two names is still one file. */
  copy(): MemoryNames;
  /** The names on disk after a power loss. */
  survivors(keep: Keep): MemoryNames;
}

/** A change that happens as a whole or not at all. */
export interface NameChange {
  /** The name that goes, if any. */
  readonly from?: string;
  /** The name that comes, if any, and its file. */
  readonly to?: { readonly path: string; readonly file: MemoryFile };
}

export function createMemoryNames(files: ReadonlyMap<string, MemoryFile> = new Map()): MemoryNames {
  return memoryNames(new Map(files), new Map(files), []);
}

function memoryNames(
  files: Map<string, MemoryFile>,
  durable: Map<string, MemoryFile>,
  changes: NameChange[],
): MemoryNames {
  function settle(change: NameChange): void {
    const place = changes.indexOf(change);
    if (place < 0) return;
    apply(durable, change);
    changes.splice(place, 1);
  }

  return {
    files,
    change(change) {
      changes.push(change);
      apply(files, change);
    },
    beginSync(folder) {
      const pending = changes.filter((change) => folderOf(change) === folder);
      return () => pending.forEach(settle);
    },
    put(path, bytes) {
      const file = createMemoryFile(bytes);
      files.set(path, file);
      durable.set(path, file);
    },
    copy() {
      const copied = copier();
      return memoryNames(
        mapValues(files, copied),
        mapValues(durable, copied),
        changes.map(({ from, to }) => ({
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to: { path: to.path, file: copied(to.file) } }),
        })),
      );
    },
    survivors(keep) {
      if (keep === "all") {
        return createMemoryNames(mapValues(files, (file) => createMemoryFile(file.contents())));
      }
      const random = keep === "synced" ? undefined : keep;
      const survival: Survival =
        random?.pick(["nothing", "everything", "prefix", "anything", "anything"]) ?? "nothing";
      const names = new Map(durable);
      for (const change of keptChanges(changes, survival, random)) apply(names, change);
      return createMemoryNames(mapValues(names, (file) => file.survivor(survival, random)));
    },
  };
}

function folderOf({ from, to }: NameChange): string {
  return dirname(to?.path ?? from ?? "");
}

function apply(names: Map<string, MemoryFile>, { from, to }: NameChange): void {
  if (from !== undefined) names.delete(from);
  if (to !== undefined) names.set(to.path, to.file);
}

function keptChanges(
  changes: readonly NameChange[],
  survival: Survival,
  random: Random | undefined,
): readonly NameChange[] {
  switch (survival) {
    case "nothing":
      return [];
    case "everything":
      return changes;
    case "prefix":
      return changes.slice(0, random?.below(changes.length + 1) ?? 0);
    case "anything":
      return changes.filter(() => random?.chance(0.5));
  }
}

/** Returns the same copy for the same file. */
function copier(): (file: MemoryFile) => MemoryFile {
  const copies = new Map<MemoryFile, MemoryFile>();
  return (file) => {
    const copy = copies.get(file) ?? file.copy();
    copies.set(file, copy);
    return copy;
  };
}

function mapValues<Key, Value>(
  map: ReadonlyMap<Key, Value>,
  change: (value: Value) => Value,
): Map<Key, Value> {
  return new Map([...map].map(([key, value]) => [key, change(value)]));
}
