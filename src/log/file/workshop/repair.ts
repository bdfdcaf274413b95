import { dirname } from "node:path";
import type { Disk } from "../disk.ts";
import { encodeSegmentHeader, segmentHeaderBytes } from "../format.ts";
import { writeNewFile } from "../new-file.ts";
import { advanceRecords } from "./advance.ts";
import { copyAside } from "./aside.ts";
import { readParts } from "./file-parts.ts";
import type { RepairStep, WriteStep } from "./repair-plan.ts";

/**
 * Carries out the steps of a plan, in order, each durable before the next. `onDone` gets each step
 * after it is done. When it is interrupted, a new plan leads to the same log, or to one that
 * advances once more.
 */
export async function carryOut(
  disk: Disk,
  steps: readonly RepairStep[],
  onDone: (step: RepairStep) => void,
): Promise<void> {
  for (const step of steps) {
    await carryOutStep(disk, step);
    onDone(step);
  }
}

async function carryOutStep(disk: Disk, step: RepairStep): Promise<void> {
  switch (step.type) {
    case "copy":
      await copyAside(disk, step.from, step.to);
      return;
    case "write":
      await writeNewFile(disk, step.to, segmentParts(disk, step));
      return;
    case "move":
      await disk.makeFolder(dirname(step.to));
      await disk.rename(step.from, step.to);
      await disk.syncFolder(dirname(step.to));
      await disk.syncFolder(dirname(step.from));
      return;
  }
}

function* segmentParts(disk: Disk, { header, records, advance }: WriteStep): Generator<Uint8Array> {
  yield encodeSegmentHeader(header);
  if (records !== undefined) yield* readParts(disk, records.file, records);
  if (advance === undefined) return;
  const { command, behind } = advance;
  const recordBytes = records === undefined ? 0 : records.until - records.from;
  yield advanceRecords(behind, segmentHeaderBytes + recordBytes, command);
}
