import { join } from "node:path";
import type { LogIndex } from "../../core/ids.ts";
import type { Disk } from "./disk.ts";
import { encodeSegmentHeader, segmentHeaderBytes } from "./format.ts";
import { segmentName, temporarySuffix } from "./names.ts";
import type { ActiveSegment } from "./segment.ts";
import { fillWithZeros, type Preallocation } from "./tail.ts";
import type { Position } from "./walk.ts";

export interface NewSegmentOptions extends Preallocation {
  readonly disk: Disk;
  readonly folder: string;
}

export async function createSegment(
  options: NewSegmentOptions,
  position: Position,
): Promise<ActiveSegment> {
  const segment = await placeSegment(options, position);
  await options.disk.syncFolder(options.folder);
  return segment;
}

/**
 * Makes a segment whose name is not durable yet. It gets the name only when it is complete and
 * durable, so a crash never leaves a segment without a valid header. When it rejects, no segment
 * has the name.
 */
export async function placeSegment(
  { disk, folder, growthBytes, reserveBytes }: NewSegmentOptions,
  { lastIndex, lastAt, checksum }: Position,
): Promise<ActiveSegment> {
  const firstIndex = (lastIndex + 1) as LogIndex;
  const header = { firstIndex, previous: checksum, at: lastAt };
  const path = join(folder, segmentName(firstIndex));
  const temporary = path + temporarySuffix;
  const allocated = segmentHeaderBytes + growthBytes + reserveBytes;
  const file = disk.open(temporary, "create");
  try {
    fillWithZeros(file, 0, allocated);
    file.write(encodeSegmentHeader(header), 0);
    await file.sync();
    await disk.rename(temporary, path);
  } catch (error) {
    file.close();
    await disk.remove(temporary);
    throw error;
  }
  return { path, file, header, end: segmentHeaderBytes, allocated, isSealed: true };
}
