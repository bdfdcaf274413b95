import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Edit, Mutant } from "./mutant.ts";

export const project = fileURLToPath(new URL("../../", import.meta.url));

/** The text of each file, by its path in the project. */
export type Source = ReadonlyMap<string, string>;

interface Place {
  readonly path: string;
  readonly text: string;
  readonly begin: number;
  readonly end: number;
}

/** The code under `src`, without its tests. */
export function readSource(): Source {
  const paths = globSync("src/**/*.ts", { cwd: project }).sort();
  const code = paths.filter((path) => !/\.(test|suite)\.ts$/.test(path));
  return new Map(code.map((path) => [path, readFileSync(join(project, path), "utf8")]));
}

/** The files that differ in the mutant. Throws when one of its quotations is not found exactly once. */
export function mutated(source: Source, mutant: Mutant): Source {
  const changed = new Map<string, string>();
  for (const edit of mutant.edits) {
    const { path, text, begin, end } = placeOf(new Map([...source, ...changed]), mutant, edit);
    changed.set(path, text.slice(0, begin) + edit.replace + text.slice(end));
  }
  return changed;
}

function placeOf(source: Source, { name }: Mutant, { find }: Edit): Place {
  const places = placesOf(source, find);
  const [place, other] = places;
  if (place === undefined) {
    throw new Error(
      `The mutant ${name} quotes code that is in no file of src. If the code has changed, quote it as it is ` +
        `now; if nobody can make this fault any more, remove the mutant.\n\n${find}\n`,
    );
  }
  if (other === undefined) return place;
  throw new Error(
    `The mutant ${name} quotes code that is in several places: ${places.map(nameOf).join(", ")}. ` +
      `Quote more of the right one.\n\n${find}\n`,
  );
}

function placesOf(source: Source, quotation: string): readonly Place[] {
  const pattern = patternOf(quotation);
  return [...source].flatMap(([path, text]) =>
    [...text.matchAll(pattern)].map(({ index, 0: found }) => {
      return { path, text, begin: index, end: index + found.length };
    }),
  );
}

/** Matches the code however it is wrapped. */
function patternOf(quotation: string): RegExp {
  const marks = quotation.replace(/\s|,(?=\s*[)\]}])/g, "");
  const pattern = [...marks].map((mark) => {
    const literal = mark.replace(/\W/, "\\$&");
    return /[)\]}]/.test(mark) ? `(?:,\\s*)?${literal}` : literal;
  });
  return new RegExp(pattern.join("\\s*"), "g");
}

function nameOf({ path, text, begin }: Place): string {
  return `${path}:${text.slice(0, begin).split("\n").length}`;
}
