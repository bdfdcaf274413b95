import { createHash } from "node:crypto";
import type { Mutant } from "./mutant.ts";
import { mutants } from "./mutants.ts";
import { readSource } from "./source.ts";

/**
 * Some of the mutants, drawn by a hash of the code under `src`: the same code has the same handful, and
 * each change of the code draws another, so that each mutant gets its turn. Needs neither clock nor git.
 */
export function handful(size: number): readonly Mutant[] {
  const code = digest([...readSource()].flat().join("\n"));
  const rank = ({ name }: Mutant) => digest(code + name);
  return mutants.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, size);
}

/** Throws `RangeError` when there is none. */
export function mutantNamed(name: string): Mutant {
  const found = mutants.find((mutant) => mutant.name === name);
  if (found === undefined) throw new RangeError(`there is no mutant named ${name}`);
  return found;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
