import type { TimeMs } from "../../src/core/ids.ts";
import { type Disk, type FileLog, openFileLog } from "../../src/log/file/mod.ts";
import { writeSnapshot } from "../../src/server/compact.ts";
import { diskError } from "../disk-error.ts";
import type { Generator } from "../history/generate.ts";
import type { Random } from "../history/random.ts";
import type { MemoryDisk } from "../memory-disk/memory-disk.ts";
import { nextTurn } from "../next-turn.ts";
import { findLog } from "../simulation/oracle/found-log.ts";
import { type Cut, createCutter } from "./cuts.ts";
import type { Ledger } from "./ledger.ts";

export type OpenLog = (disk: Disk) => Promise<FileLog>;

export interface LifeParts {
  readonly left: Left;
  readonly random: Random;
  readonly generator: Generator;
  readonly ledger: Ledger;
  readonly scenario: LogTemper;
  take(cut: Cut): void;
}

/** What a life leaves to the next one. */
export interface Left {
  readonly disk: MemoryDisk;
  /** Entries up to this one were promised to be durable. */
  readonly promised: number;
}

/** What makes one run differ from another as a whole. */
export interface LogTemper {
  readonly durability: "always" | "relaxed";
  readonly segmentBytes: number;
  readonly growthBytes: number;
  readonly reserveBytes: number;
}

export const folder = "/log";

export function chooseLogTemper(random: Random): LogTemper {
  return {
    durability: random.pick(["always", "always", "relaxed"]),
    segmentBytes: random.pick([400, 1_000, 3_000]),
    growthBytes: random.pick([0, 64, 700]),
    reserveBytes: random.pick([0, 64, 1_200]),
  };
}

/** One opening of the log with all that follows, up to its end. */
export async function live(parts: LifeParts): Promise<Left> {
  const { random, generator, ledger, scenario, take } = parts;
  const { disk } = parts.left;
  let at = 0;
  /** The history lets some ms pass at a time, but a full disk is tried again after a second only. */
  let pausesMs = 0;
  let synced = parts.left.promised;
  let isOpen = false;
  let isSickly = false;
  let syncSecond = () => {};
  /** All that nobody has waited for; a kill leaves some of it so for ever. */
  const inBackground: Promise<void>[] = [];
  let failure: unknown;
  const promised = () =>
    isOpen && scenario.durability === "always" ? ledger.acknowledged : synced;
  let operationsLeft = Number.POSITIVE_INFINITY;
  const halted = Promise.withResolvers<void>();
  const cutter = createCutter({ disk, random, take, promised, fault });
  disk.beforeSync = async () => {
    for (let turns = random.below(4); turns > 0; turns--) await disk.turn();
  };

  function fault(operation: string, path: string): Error | undefined {
    operationsLeft -= 1;
    if (operationsLeft < 0) {
      disk.halt();
      halted.resolve();
    }
    return isSickly && operation === "sync" && isSegment(path) ? diskError("EIO", path) : undefined;
  }

  /** Notes what each sync of the log has made durable. */
  function open(path: string, mode: "create" | "write" | "read") {
    const file = cutter.disk.open(path, mode);
    return {
      ...file,
      async sync() {
        const { acknowledged } = ledger;
        await file.sync();
        if (isSegment(path)) synced = Math.max(synced, acknowledged);
      },
    };
  }

  function append(): Promise<void> {
    const commands = Array.from({ length: 1 + random.below(4) }, () => {
      let step = generator.next(undefined);
      while (step.type !== "entry") step = generator.next(undefined);
      at = step.entry.at;
      return step.entry.command;
    });
    return ledger.append(log, commands);
  }

  async function appendSome(): Promise<void> {
    const appends = Array.from({ length: 1 + random.below(3) }, append);
    appends.forEach(letRun);
    if (random.chance(0.7)) await Promise.all(appends);
  }

  /** Fails when the disk is full, and then leaves all as it was. */
  async function compact(): Promise<void> {
    await writeSnapshot(log, log.status().lastIndex).catch(ignoreDiskErrors);
    if (random.chance(0.3)) return;
    remember();
    await log.trim();
  }

  function remember(): void {
    ledger.remember(findLog(disk.afterKill(), folder).entries);
  }

  function fillDisk(): void {
    const used = disk.names().reduce((sum, path) => sum + disk.bytesOf(path).length, 0);
    disk.capacityBytes = used + random.below(600);
  }

  function letRun(task: Promise<void>): void {
    inBackground.push(task);
    task.catch((error: unknown) => {
      failure ??= error;
    });
  }

  async function step(): Promise<void> {
    const roll = random.below(20);
    if (roll < 12) await appendSome();
    else if (roll < 14) letRun(compact());
    else if (roll < 15) await compact();
    else if (roll < 16) fillDisk();
    else if (roll < 17) disk.capacityBytes = Number.POSITIVE_INFINITY;
    else if (roll < 19) syncSecond();
    else await nextTurn();
    pausesMs += random.pick([0, 0, 1_000]);
  }

  /** The machine goes on; the process does not, in the middle of what it does. */
  async function kill(): Promise<MemoryDisk> {
    operationsLeft = random.below(40);
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    const busy = async () => {
      for (;;) await (random.chance(0.2) ? compact() : append());
    };
    await Promise.race([halted.promise, busy()]);
    return disk.afterKill();
  }

  /** A sync of the log fails, and the process ends itself. */
  async function failSync(): Promise<MemoryDisk> {
    isSickly = true;
    let hasFailed = false;
    letRun(
      log.failed.catch(ignoreDiskErrors).then(() => {
        hasFailed = true;
      }),
    );
    disk.capacityBytes = Number.POSITIVE_INFINITY;
    for (let tries = 0; !hasFailed; tries++) {
      if (tries === 100) throw new Error("a failed sync did not end the log");
      pausesMs += 1_000;
      letRun(append());
      syncSecond();
      await nextTurn();
    }
    disk.halt();
    return disk.afterKill();
  }

  async function close(): Promise<MemoryDisk> {
    await Promise.all(inBackground);
    await log.close();
    return disk;
  }

  const log = await openFileLog({
    access: "owner",
    ...scenario,
    disk: { ...cutter.disk, open },
    folder,
    now: () => (at + pausesMs) as TimeMs,
    everySecond(run) {
      syncSecond = run;
      return () => {};
    },
  });
  synced = log.status().lastIndex;
  isOpen = true;
  for (let count = 5 + random.below(20); count > 0; count--) await step();
  const left = await random.pick([close, close, kill, failSync])();
  if (failure !== undefined) throw failure;
  cutter.cut("the end");
  const next = { disk: left.afterKill(), promised: promised() };
  remember();
  ledger.conclude();
  return next;
}

/** Also one that is being made; who has it open then knows it by that name for ever. */
function isSegment(path: string): boolean {
  return path.endsWith(".hfl") || path.endsWith(".hfl.tmp");
}

function ignoreDiskErrors(error: unknown): void {
  if (!(error instanceof Error && "code" in error)) throw error;
}
