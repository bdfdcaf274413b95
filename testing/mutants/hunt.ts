import { type Check, checksIn, failureOf, isIn, nameOf } from "./check.ts";
import { inCopy, write } from "./copy.ts";
import type { Mutant } from "./mutant.ts";
import { mutated, readSource, type Source } from "./source.ts";

/** The outcome of one hunt. */
export interface Hunt {
  readonly name: string;
  readonly fault: string;
  /** Fails with the mutant and passes without it. Absent: all checks passed. */
  readonly caughtBy?: Check | undefined;
}

/**
 * Puts the mutant into a copy of the project and runs one check after the other, first the one that caught it
 * last time. Rejects when a quotation has lost its place, and when the check fails without the mutant, too.
 */
export async function hunt(mutant: Mutant, caughtBefore?: Check): Promise<Hunt> {
  const { name, fault } = mutant;
  const source = readSource();
  const caughtBy = await inCopy(async (folder) => {
    write(folder, mutated(source, mutant));
    const failing = await firstFailing(folder, caughtBefore);
    if (failing !== undefined) await insistWithout(source, folder, failing);
    return failing;
  });
  return { name, fault, caughtBy };
}

async function firstFailing(
  folder: string,
  caughtBefore: Check | undefined,
): Promise<Check | undefined> {
  const remembered = caughtBefore !== undefined && isIn(folder, caughtBefore) ? [caughtBefore] : [];
  for (const check of [...remembered, ...checksIn(folder)]) {
    const failing = await failureOf(folder, check);
    if (failing !== undefined) return failing;
  }
  return undefined;
}

/** A check that fails anyway catches nothing. */
async function insistWithout(source: Source, folder: string, check: Check): Promise<void> {
  write(folder, source);
  const failing = await failureOf(folder, check);
  if (failing !== undefined) throw new Error(`without any mutant this fails: ${nameOf(failing)}`);
}
