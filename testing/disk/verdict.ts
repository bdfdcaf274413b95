import { isDeepStrictEqual } from "node:util";
import type { LogIndex, TimeMs } from "../../src/core/ids.ts";
import { type FileLog, LogDamage, openFileLog } from "../../src/log/file/mod.ts";
import { checkFolder, type Finding } from "../../src/log/file/workshop/mod.ts";
import type { Log } from "../../src/log/log.ts";
import { entriesUntil } from "../log-entries.ts";
import { createMemoryDisk, type MemoryDisk } from "../memory-disk/memory-disk.ts";
import { folder, type Sample, type SampleFile, type SamplePiece } from "./sample.ts";

/** What a start has made of a damaged log. */
export type Verdict =
  /** It has lost nothing. */
  | "harmless"
  /** It reads an older snapshot and more of the log, has lost nothing, and says so. */
  | "passed_over"
  /** A tail was cut off, and counted. */
  | "repaired"
  /** The end is gone so neatly that what is left is a whole log. Only a mirror could know better. */
  | "shortened"
  /** It starts, but who reads what snapshots cover finds the damage. */
  | "refused_to_read"
  | "refused";

/** The bytes that some of the files have now, by path. */
export type Damage = ReadonlyMap<string, Buffer>;

/**
 * Opens the log with some of its files damaged. Throws when it gives out anything that was not put in,
 * or lacks anything without a word, or names another place than that of the damage.
 */
export async function judge(sample: Sample, damage: Damage): Promise<Verdict> {
  const disk = createMemoryDisk({ settle: async () => {} });
  for (const { path, bytes } of filesOf(sample)) disk.put(path, damage.get(path) ?? bytes);
  const harm = new Map(filesOf(sample).map((file) => [file.path, brokenPieces(file, damage)]));
  const findings = await findingsIn(disk);
  const passedOver: string[] = [];
  let log: FileLog;
  try {
    log = await open(disk, passedOver);
  } catch (error) {
    checkRefusal(error, harm, findings);
    return "refused";
  }
  const verdict = await judgeStart(sample, harm, findings, log);
  return verdict === "harmless" && passedOver.length > 0 ? "passed_over" : verdict;
}

function open(disk: MemoryDisk, passedOver: string[]): Promise<FileLog> {
  return openFileLog({
    access: "owner",
    disk,
    folder,
    now: () => 0 as TimeMs,
    durability: "always",
    growthBytes: 0,
    reserveBytes: 0,
    report: ({ file }) => passedOver.push(file),
  });
}

type Harm = ReadonlyMap<string, readonly SamplePiece[]>;

export function filesOf({ segments, snapshots }: Sample): readonly SampleFile[] {
  return [...segments, ...snapshots];
}

function brokenPieces({ path, bytes, pieces }: SampleFile, damage: Damage): readonly SamplePiece[] {
  const now = damage.get(path);
  if (now === undefined || now.equals(bytes)) return [];
  return pieces.filter(({ offset, bytes: length, isSpare }) => {
    const is = now.subarray(offset, offset + length);
    return isSpare
      ? is.some((byte) => byte !== 0)
      : !is.equals(bytes.subarray(offset, offset + length));
  });
}

async function findingsIn(disk: MemoryDisk): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of checkFolder(disk, folder)) findings.push(finding);
  return findings.filter(({ type }) => type === "problem" || type === "torn");
}

/** Of a log that has opened: from now on it may refuse only what snapshots cover. */
async function judgeStart(
  sample: Sample,
  harm: Harm,
  findings: readonly Finding[],
  log: FileLog,
): Promise<Exclude<Verdict, "passed_over" | "refused">> {
  await checkLog(sample, log);
  const { lastIndex, files } = log.status();
  const { tornBytes } = files;
  const isShorter = lastIndex < lastIndexOf(sample);
  if (isShorter) checkLoss(sample, harm, lastIndex);
  checkFindings(harm, findings, { tornBytes, isShorter });
  const damage = await damageBefore(sample, log);
  await log.close();
  if (damage !== undefined) {
    checkRefusal(damage, harm, findings);
    return "refused_to_read";
  }
  if (tornBytes > 0) return "repaired";
  return isShorter ? "shortened" : "harmless";
}

function lastIndexOf({ segments }: Sample): number {
  return segments.findLast(({ entries }) => entries.length > 0)?.entries.at(-1)?.index ?? 0;
}

/** All that a server needs is as it was. */
async function checkLog(sample: Sample, log: Log): Promise<void> {
  const newest = await log.newestSnapshot();
  const known = sample.snapshots.find(({ index }) => index === newest?.index);
  if (newest !== undefined && !isDeepStrictEqual([...newest.records], known?.records)) {
    throw new Silent(`the snapshot of entry ${newest.index} is another`);
  }
  await checkEntries(sample, log, (newest?.index ?? 0) + 1);
}

async function checkEntries(sample: Sample, log: Log, from: number): Promise<void> {
  const { lastIndex } = log.status();
  if (lastIndex < from) return;
  const entries = await entriesUntil(log, from, lastIndex);
  const known = sample.segments.flatMap((segment) => segment.entries);
  const first = known[0]?.index ?? (1 as LogIndex);
  const wrong = entries.find((entry) => !isDeepStrictEqual(entry, known[entry.index - first]));
  if (wrong !== undefined) throw new Silent(`entry ${wrong.index} is another`);
  if (entries.length !== lastIndex - from + 1) throw new Silent("entries are missing");
}

/** Entries may be lost only at the very end, where no record is left that vouches for them. */
function checkLoss({ segments, snapshots }: Sample, harm: Harm, lastIndex: number): void {
  const last = segments.at(-1);
  const broken = harm.get(last?.path ?? "") ?? [];
  const lost = last?.pieces.find(({ record }) => (record?.lastIndex ?? 0) > lastIndex);
  if (lost === undefined || !broken.includes(lost)) throw new Silent("entries are lost");
  const witness = last?.pieces.find(
    (piece) => (piece.record?.durableEnd ?? 0) > lost.offset && !broken.includes(piece),
  );
  if (witness !== undefined) {
    throw new Silent(
      `entries are lost, though the record at byte ${witness.offset} vouches for them`,
    );
  }
  const snapshot = snapshots.find(
    ({ path, index }) => index > lastIndex && harm.get(path)?.length === 0,
  );
  if (snapshot !== undefined) throw new Silent(`entries are lost that ${snapshot.path} holds`);
}

/** Whatever is broken, `holdfast log check` says so; and what it says is so. */
function checkFindings(
  harm: Harm,
  findings: readonly Finding[],
  { tornBytes, isShorter }: { readonly tornBytes: number; readonly isShorter: boolean },
): void {
  const isBroken = [...harm.values()].some((pieces) => pieces.length > 0);
  if (!isBroken && findings.length > 0) throw new Silent(`found: ${JSON.stringify(findings)}`);
  if (isBroken && findings.length === 0 && !isShorter) throw new Silent("the check finds nothing");
  const torn = findings.find(({ type }) => type === "torn");
  const bytes = torn?.type === "torn" ? torn.bytes : 0;
  if (bytes !== tornBytes)
    throw new Silent(`the check finds ${bytes} torn bytes, not ${tornBytes}`);
}

/** What hinders who wants to read also the entries which snapshots cover. */
async function damageBefore(sample: Sample, log: Log): Promise<LogDamage | undefined> {
  try {
    await checkEntries(sample, log, log.status().firstIndex);
    return undefined;
  } catch (error) {
    if (error instanceof LogDamage) return error;
    throw error;
  }
}

/** Throws unless it names the place of the damage, and the check does, too. */
function checkRefusal(error: unknown, harm: Harm, findings: readonly Finding[]): void {
  if (!(error instanceof LogDamage)) throw error;
  const { file, offset } = error;
  if (!isPlaceOfHarm(file, offset, harm)) {
    throw new Silent(`the damage is not there: ${error.message}`, { cause: error });
  }
  const isFound = findings.some(
    (finding) => "offset" in finding && finding.file === file && finding.offset === offset,
  );
  if (isFound) return;
  throw new Silent(`the check finds ${JSON.stringify(findings)}, not ${error.message}`);
}

/** Where the first broken piece of the file begins; or at the begin of a file that another contradicts. */
function isPlaceOfHarm(file: string, offset: number, harm: Harm): boolean {
  if (harm.get(file)?.[0]?.offset === offset) return true;
  return offset === 0 && [...harm].some(([path, pieces]) => path !== file && pieces.length > 0);
}

/** What must never happen. */
class Silent extends Error {
  override readonly name = "Silent";
}
