import type { LogIndex } from "../../core/ids.ts";

/** A file of the log, with the index in its name: of its first entry, or of its snapshot. */
export interface NamedFile {
  readonly name: string;
  readonly index: LogIndex;
}

export const temporarySuffix = ".tmp";
export const lockName = "owner.lock";

export function segmentName(firstIndex: LogIndex): string {
  return `log-${digits(firstIndex)}.hfl`;
}

export function snapshotName(index: LogIndex): string {
  return `snapshot-${digits(index)}.hfs`;
}

/** The segments among the names, in log order. */
export function segmentsAmong(names: readonly string[]): readonly NamedFile[] {
  return matching(names, /^log-(\d{16})\.hfl$/);
}

/** The snapshots among the names, the oldest first. */
export function snapshotsAmong(names: readonly string[]): readonly NamedFile[] {
  return matching(names, /^snapshot-(\d{16})\.hfs$/);
}

/** The names that are of no file of a log. */
export function othersAmong(names: readonly string[]): readonly string[] {
  const files = [...segmentsAmong(names), ...snapshotsAmong(names)];
  const own = new Set([lockName, ...files.map(({ name }) => name)]);
  return names.filter((name) => !own.has(name) && !name.endsWith(temporarySuffix));
}

function digits(index: LogIndex): string {
  return String(index).padStart(16, "0");
}

function matching(names: readonly string[], pattern: RegExp): readonly NamedFile[] {
  return names
    .flatMap((name) => {
      const match = pattern.exec(name)?.[1];
      return match === undefined ? [] : [{ name, index: Number(match) as LogIndex }];
    })
    .sort((one, other) => one.index - other.index);
}
