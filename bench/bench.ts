/** A question about speed, and how it is answered. One file per question, beside this one. */
export interface Bench {
  /** As given on the command line; the name of its file of results. */
  readonly name: string;
  readonly question: string;
  measure(effort: Effort): Promise<readonly Section[]>;
}

export interface Effort {
  /** How often everything is measured; told is the median. */
  readonly runs: number;
  readonly warmUpMs: number;
  /** How long one measurement takes. */
  readonly measureMs: number;
  /** `tiny` proves that the bench runs, and nothing else. */
  readonly size: "full" | "tiny";
}

/** A part of the answer. */
export interface Section {
  readonly title: string;
  /** The first row is the head. */
  readonly rows: readonly (readonly string[])[];
  /** What must be known to read the table; one paragraph each. */
  readonly notes: readonly string[];
}

/** What we want to be true, held against what was measured. */
export interface Aim {
  readonly what: string;
  readonly wanted: string;
  readonly measured: string;
  readonly isMet: boolean;
}

export function aimSection(aims: readonly Aim[]): Section {
  const rows = aims.map(({ what, wanted, measured, isMet }) => [
    what,
    wanted,
    measured,
    isMet ? "yes" : "**no**",
  ]);
  return { title: "Aims", rows: [["aim", "wanted", "measured", "met"], ...rows], notes: [] };
}

/** Throws `RangeError` when there are no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError("no values, no median");
  return (lower + upper) / 2;
}
