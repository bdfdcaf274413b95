import { basename } from "node:path";
import type { Random } from "../history/random.ts";
import type { Sample, SampleFile } from "./sample.ts";
import type { Damage } from "./verdict.ts";

/** What a disk writes at once. */
const sectorBytes = 512;

/** One to three misfortunes, and what a person should know of them. */
export function damageOf(
  sample: Sample,
  random: Random,
): { readonly damage: Damage; readonly story: string } {
  const damage = new Map<string, Buffer>();
  const story: string[] = [];
  for (let count = random.pick([1, 1, 1, 2, 3]); count > 0; count--) {
    const kind = random.pick(kinds);
    const [one, other] = [chooseFile(sample, random), chooseFile(sample, random)];
    for (const { path, bytes } of [one, other]) {
      if (!damage.has(path)) damage.set(path, Buffer.from(bytes));
    }
    story.push(`${kind.name} of ${basename(one.path)} ${kind(damage, { one, other, random })}`);
  }
  return { damage, story: story.join("; ") };
}

interface Choice {
  readonly one: SampleFile;
  readonly other: SampleFile;
  readonly random: Random;
}

/** Changes the bytes of one file, or of two; says where. */
type Kind = (damage: Map<string, Buffer>, choice: Choice) => string;

const kinds: readonly [Kind, ...Kind[]] = [
  flippedBit,
  overwrittenSector,
  lostSector,
  swappedSectors,
  misplacedSector,
  truncation,
];

/** Often the last segment: most of what is particular happens there. */
function chooseFile({ segments, snapshots }: Sample, random: Random): SampleFile {
  const [file] = random.chance(0.3) ? segments.slice(-1) : [];
  const files = [...segments, ...snapshots];
  const chosen = file ?? files[random.below(files.length)];
  if (chosen === undefined) throw new Error("the sample has no files");
  return chosen;
}

function flippedBit(damage: Map<string, Buffer>, { one, random }: Choice): string {
  const bytes = bytesOf(damage, one);
  const place = random.below(bytes.length);
  const bit = random.below(8);
  bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << bit), place);
  return `at byte ${place}, bit ${bit}`;
}

function overwrittenSector(damage: Map<string, Buffer>, { one, random }: Choice): string {
  const sector = chooseSector(bytesOf(damage, one), random);
  for (const place of sector.bytes.keys()) sector.bytes.writeUInt8(random.below(256), place);
  return `at byte ${sector.offset}`;
}

function lostSector(damage: Map<string, Buffer>, { one, random }: Choice): string {
  const sector = chooseSector(bytesOf(damage, one), random);
  sector.bytes.fill(0);
  return `at byte ${sector.offset}`;
}

function swappedSectors(damage: Map<string, Buffer>, { one, other, random }: Choice): string {
  const from = chooseSector(bytesOf(damage, one), random);
  const to = chooseSector(bytesOf(damage, other), random);
  const kept = Buffer.from(from.bytes);
  to.bytes.copy(from.bytes);
  kept.copy(to.bytes);
  return `at byte ${from.offset} with byte ${to.offset} of ${basename(other.path)}`;
}

/** What was meant for one place was written to another. */
function misplacedSector(damage: Map<string, Buffer>, { one, other, random }: Choice): string {
  const from = chooseSector(bytesOf(damage, one), random);
  const to = chooseSector(bytesOf(damage, other), random);
  from.bytes.copy(to.bytes);
  return `at byte ${from.offset} to byte ${to.offset} of ${basename(other.path)}`;
}

function truncation(damage: Map<string, Buffer>, { one, random }: Choice): string {
  const bytes = bytesOf(damage, one);
  const end = 1 + random.below(bytes.length);
  damage.set(one.path, bytes.subarray(0, end));
  return `at byte ${end}`;
}

function bytesOf(damage: ReadonlyMap<string, Buffer>, { path }: SampleFile): Buffer {
  return damage.get(path) ?? Buffer.alloc(0);
}

/** Shares its bytes with the file. */
function chooseSector(bytes: Buffer, random: Random) {
  const offset = sectorBytes * random.below(Math.ceil(bytes.length / sectorBytes));
  return { offset, bytes: bytes.subarray(offset, offset + sectorBytes) };
}
