import { join } from "node:path";
import { LogDamage, type ReadFailure } from "../damage.ts";
import type { Disk } from "../disk.ts";
import { type SegmentHeader, segmentHeaderBytes } from "../format.ts";
import type { NamedFile } from "../names.ts";
import { type Piece, type ScannedFlaw, scanSegment } from "../scan.ts";
import { openSegment, type Segment } from "../segment.ts";
import { salvaging } from "./salvage.ts";

/** A segment in any condition. */
export interface FoundSegment extends Segment {
  /** The damage of the header; `header` is then reconstructed. */
  readonly damage: LogDamage | undefined;
  /** Whether the header, or else the first record, says which record the segment continues. */
  readonly isPlaced: boolean;
  /** Yields the pieces that the disk can read. The rest is a flaw, and never a tail. */
  pieces(): Generator<Piece>;
}

/**
 * Opens the segment for reading. The first record repeats everything that a header says. When
 * neither can be read, the index is the one in the name. Throws `FormatTooNew`.
 */
export function openFoundSegment(disk: Disk, folder: string, name: NamedFile): FoundSegment {
  const failures: ReadFailure[] = [];
  const segment = openPlaced(
    salvaging(disk, (failure) => failures.push(failure)),
    folder,
    name,
  );
  const failure = failures.find(({ offset }) => offset < segmentHeaderBytes);
  return {
    ...segment,
    damage: segment.damage && failure ? new LogDamage(failure) : segment.damage,
    *pieces() {
      for (const piece of scanSegment(segment.file, segment.header)) {
        yield piece.type === "flaw" ? explained(piece, failures) : piece;
      }
    },
  };
}

/** A flaw that contains unreadable bytes has no other explanation. */
function explained(flaw: ScannedFlaw, failures: readonly ReadFailure[]): ScannedFlaw {
  const failure = failures.find(
    ({ offset }) => offset >= flaw.offset && offset < flaw.offset + flaw.bytes,
  );
  if (failure === undefined) return flaw;
  const explanation = `${failure.explanation}, from byte ${failure.offset} on`;
  return { ...flaw, isTail: false, explanation };
}

type PlacedSegment = Omit<FoundSegment, "pieces">;

function openPlaced(disk: Disk, folder: string, name: NamedFile): PlacedSegment {
  try {
    return { ...openSegment(disk, folder, name, "read"), damage: undefined, isPlaced: true };
  } catch (damage) {
    if (!(damage instanceof LogDamage)) throw damage;
    return { ...openHeaderless(disk, folder, name), damage };
  }
}

function openHeaderless(
  disk: Disk,
  folder: string,
  { name, index }: NamedFile,
): Omit<PlacedSegment, "damage"> {
  const path = join(folder, name);
  const file = disk.open(path, "read");
  const unknown = { firstIndex: index, previous: 0, at: 0 as SegmentHeader["at"] };
  const first = scanSegment(file, unknown).find(({ type }) => type === "record");
  if (first?.type !== "record" || first.offset > segmentHeaderBytes) {
    return { path, file, header: unknown, isPlaced: false };
  }
  const { firstIndex, previous, at } = first.header;
  return { path, file, header: { firstIndex, previous, at }, isPlaced: true };
}
