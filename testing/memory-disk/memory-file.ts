import type { Random } from "../history/random.ts";

/** Bytes that a disk writes at once or not at all. */
const sectorBytes = 512;

/** The unsynced changes that survive a power loss. */
export type Survival = "nothing" | "everything" | "prefix" | "anything";

/** The contents of a file in memory and on disk. Unsynced changes are the difference. */
export interface MemoryFile {
  size(): number;
  contents(): Buffer;
  read(into: Uint8Array, position: number): number;
  write(bytes: Uint8Array, position: number): void;
  truncate(size: number): void;
  /** Number of failed syncs. */
  readonly failedSyncs: number;
  /** Begins a sync; the result ends it. */
  beginSync(): PendingSync;
  /** An independent copy. */
  copy(): MemoryFile;
  /** The file on disk after a power loss. */
  survivor(survival: Survival, random: Random | undefined): MemoryFile;
}

export interface PendingSync {
  /** Puts the changes on disk that were written before the sync began. */
  succeed(): void;
  /**
   * Like a kernel, takes the changes for written: they can still be read, but no later sync puts
   * them on disk. Until one succeeds, chance may have put them there.
   */
  fail(): void;
}

interface Change {
  /** Grows with each change of the file. */
  readonly number: number;
  /** `undefined` when the change is only one of size. */
  readonly bytes: Uint8Array | undefined;
  readonly position: number;
  readonly sizeAfter: number;
  /** Whether a sync of the change has failed. */
  isGivenUp: boolean;
}

interface Extent {
  bytes: Buffer;
  size: number;
}

export function createMemoryFile(bytes: Uint8Array = Buffer.alloc(0)): MemoryFile {
  return memoryFile(extentOf(bytes), extentOf(bytes), []);
}

function memoryFile(seen: Extent, durable: Extent, journal: Change[]): MemoryFile {
  let failedSyncs = 0;
  let lastNumber = journal.at(-1)?.number ?? 0;

  function note(bytes: Uint8Array | undefined, position: number): void {
    lastNumber += 1;
    const [number, sizeAfter] = [lastNumber, seen.size];
    journal.push({ number, bytes, position, sizeAfter, isGivenUp: false });
  }

  /** The pending changes up to this number. */
  function pendingUntil(number: number): readonly Change[] {
    const end = journal.findIndex((change) => change.number > number);
    return journal.slice(0, end < 0 ? journal.length : end);
  }

  function contents(): Buffer {
    return Buffer.from(seen.bytes.subarray(0, seen.size));
  }

  return {
    size: () => seen.size,
    contents,
    get failedSyncs() {
      return failedSyncs;
    },
    read(into, position) {
      const part = seen.bytes.subarray(Math.min(position, seen.size), seen.size);
      into.set(part.subarray(0, into.length));
      return Math.min(into.length, part.length);
    },
    write(bytes, position) {
      put(seen, bytes, position);
      note(Buffer.from(bytes), position);
    },
    truncate(size) {
      resize(seen, size);
      note(undefined, size);
    },
    beginSync() {
      const until = lastNumber;
      return {
        succeed() {
          const pending = pendingUntil(until);
          for (const change of pending) if (!change.isGivenUp) apply(durable, change);
          journal.splice(0, pending.length);
        },
        fail() {
          for (const change of pendingUntil(until)) change.isGivenUp = change.bytes !== undefined;
          failedSyncs += 1;
        },
      };
    },
    copy: () =>
      memoryFile(
        copyOf(seen),
        copyOf(durable),
        journal.map((change) => ({ ...change })),
      ),
    survivor(survival, random) {
      const extent = copyOf(durable);
      if (survival !== "nothing") survive(extent, journal, survival, random);
      return memoryFile(extent, copyOf(extent), []);
    },
  };
}

/** Puts the surviving changes on disk. */
function survive(
  extent: Extent,
  journal: readonly Change[],
  survival: Survival,
  random: Random | undefined,
): void {
  const kept = keptChanges(journal, survival, random);
  const sizes = [extent.size, ...kept.map(({ sizeAfter }) => sizeAfter)];
  for (const change of kept) {
    if (survival === "anything" && random !== undefined) applyTorn(extent, change, random);
    else apply(extent, change);
  }
  const last = sizes.length - 1;
  const size = sizes[survival === "anything" ? (random?.below(sizes.length) ?? last) : last];
  resize(extent, size ?? extent.size);
}

function keptChanges(
  journal: readonly Change[],
  survival: Survival,
  random: Random | undefined,
): readonly Change[] {
  if (survival !== "prefix") return journal;
  return journal.slice(0, random?.below(journal.length + 1) ?? 0);
}

/** Writes each sector or not, by chance. */
function applyTorn(extent: Extent, { bytes, position }: Change, random: Random): void {
  if (bytes === undefined) return;
  for (let from = position; from < position + bytes.length; ) {
    const to = Math.min(position + bytes.length, from - (from % sectorBytes) + sectorBytes);
    if (random.chance(0.5)) put(extent, bytes.subarray(from - position, to - position), from);
    from = to;
  }
}

function apply(extent: Extent, { bytes, position, sizeAfter }: Change): void {
  if (bytes === undefined) resize(extent, sizeAfter);
  else put(extent, bytes, position);
}

function put(extent: Extent, bytes: Uint8Array, position: number): void {
  resize(extent, Math.max(extent.size, position + bytes.length));
  extent.bytes.set(bytes, position);
}

function resize(extent: Extent, size: number): void {
  if (size > extent.bytes.length) {
    const bytes = Buffer.alloc(Math.max(size, 2 * extent.bytes.length));
    extent.bytes.copy(bytes, 0, 0, extent.size);
    extent.bytes = bytes;
  }
  extent.bytes.fill(0, Math.min(size, extent.size), Math.max(size, extent.size));
  extent.size = size;
}

function extentOf(bytes: Uint8Array): Extent {
  return { bytes: Buffer.from(bytes), size: bytes.length };
}

function copyOf({ bytes, size }: Extent): Extent {
  return extentOf(bytes.subarray(0, size));
}
