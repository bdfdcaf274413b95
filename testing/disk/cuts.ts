import type { Disk } from "../../src/log/file/mod.ts";
import type { Random } from "../history/random.ts";
import type { MemoryDisk } from "../memory-disk/memory-disk.ts";

/** What a cut of the power has left, and what must be there. */
export interface Cut {
  readonly disk: MemoryDisk;
  /** Entries up to this one were promised to be durable. */
  readonly promised: number;
  /** For people. */
  readonly moment: string;
}

/** Cuts the power of a disk at each of its operations, again and again. */
export interface Cutter {
  /** The disk through which all of that must go. */
  readonly disk: Disk;
  /** At this moment, too. */
  cut(moment: string): void;
}

export interface CutterParts {
  readonly disk: MemoryDisk;
  readonly random: Random;
  promised(): number;
  /** Takes one after the other. */
  take(cut: Cut): void;
  /** Asked after the cut; what it returns is thrown by the operation. */
  fault?(operation: string, path: string): Error | undefined;
}

const tornPerMoment = 2;

/** Uses the `fault` of the disk. */
export function createCutter({ disk, random, promised, take, fault }: CutterParts): Cutter {
  let operations = 0;

  function cut(what: string): void {
    operations += 1;
    const moment = `operation ${operations}, ${what}`;
    const add = (keep: "synced" | "all" | Random) =>
      take({ disk: disk.afterCrash({ keep }), promised: promised(), moment });
    add("synced");
    add("all");
    for (let count = 0; count < tornPerMoment; count++) add(random);
  }

  disk.fault = (operation, path) => {
    if (operation !== "read") cut(`${operation} ${path}`);
    return fault?.(operation, path);
  };
  return {
    cut,
    disk: {
      ...disk,
      async syncFolder(folder) {
        cut(`sync_folder ${folder}`);
        const error = fault?.("sync_folder", folder);
        if (error !== undefined) throw error;
        await disk.syncFolder(folder);
      },
    },
  };
}
