import { snapshot } from "../../src/core/snapshot.ts";
import type { Log } from "../../src/log/log.ts";
import { newestState, replay } from "../../src/server/compact.ts";
import type { Random } from "../history/random.ts";
import { entriesUntil } from "../log-entries.ts";
import { type Cut, createCutter } from "./cuts.ts";
import type { Ledger } from "./ledger.ts";
import type { OpenLog } from "./life.ts";

export interface ImageCheck {
  readonly ledger: Ledger;
  readonly open: OpenLog;
}

/**
 * Opens what a cut of the power has left. Throws unless everything is there that was promised and
 * nothing else, in the log and in its snapshots, and the log goes on.
 */
export async function checkCut(
  cut: Cut,
  check: ImageCheck,
): Promise<{ readonly tornBytes: number }> {
  const { disk, promised } = cut;
  const endBefore = contentEnd(disk);
  const log = await check.open(disk);
  const { lastIndex, files } = log.status();
  const { tornBytes } = files;
  if (lastIndex < promised) throw new Error(`${lastIndex} entries are left of ${promised}`);
  const cutBytes = endBefore - contentEnd(disk);
  if (tornBytes !== cutBytes) throw new Error(`tornBytes is ${tornBytes}, cut were ${cutBytes}`);
  await checkContents(log, check.ledger);
  await log.append([{ type: "tick" }]);
  await log.close();
  await checkGoesOn(cut, check, lastIndex + 1);
  return { tornBytes };
}

/** Cuts the power again, at each operation of the opening, and checks what that leaves. */
export async function cutWhileOpening(
  cut: Cut,
  check: ImageCheck,
  random: Random,
): Promise<number> {
  const disk = cut.disk.afterCrash({ keep: "all" });
  const cuts: Cut[] = [];
  const { promised } = cut;
  const cutter = createCutter({
    disk,
    random,
    promised: () => promised,
    take: (each) => cuts.push(each),
  });
  await check.open(cutter.disk);
  cutter.cut("opened");
  for (const each of cuts) {
    const moment = `${cut.moment}; while opening again: ${each.moment}`;
    await checkCut({ ...each, moment }, check);
  }
  return cuts.length;
}

async function checkContents(log: Log, ledger: Ledger): Promise<void> {
  const { firstIndex, lastIndex } = log.status();
  if (lastIndex >= firstIndex) ledger.checkEntries(await entriesUntil(log, firstIndex, lastIndex));
  const newest = await log.newestSnapshot();
  if (newest !== undefined) ledger.checkState(newest.index, newest.records);
  const state = await newestState(log);
  await replay(log, state, lastIndex);
  ledger.checkState(lastIndex, snapshot(state));
}

/** What the log took after the cut survives the next one. */
async function checkGoesOn({ disk }: Cut, { open }: ImageCheck, index: number): Promise<void> {
  const log = await open(disk.afterCrash());
  const { lastIndex, files } = log.status();
  const { tornBytes } = files;
  if (tornBytes > 0) throw new Error(`closed in peace, but ${tornBytes} bytes are torn`);
  const [last] = lastIndex === index ? await entriesUntil(log, index, index) : [];
  if (last?.command.type !== "tick")
    throw new Error(`the log ends with ${lastIndex}, not ${index}`);
  await log.close();
}

/** Where the last byte is that is not zero, in the last segment; a header counts as such bytes. */
function contentEnd(disk: Cut["disk"]): number {
  const last = disk.names().findLast((path) => path.endsWith(".hfl"));
  if (last === undefined) return headerBytes;
  return Math.max(headerBytes, disk.bytesOf(last).findLastIndex((byte) => byte !== 0) + 1);
}

const headerBytes = 40;
