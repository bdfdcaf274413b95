import assert from "node:assert/strict";

/**
 * A check that can be repeated with one seed after another. A test runs each campaign for a short time; the
 * results of long runs are in `docs/correctness.md`.
 */
export interface Campaign {
  /** Its argument on the command line. */
  readonly name: string;
  /** Number of seeds when neither a number nor a time is given; 100 when absent. */
  readonly countDefault?: number;
  /** One thread plays all seeds in one part: the campaign measures time, and goes on after a failure. */
  readonly isAlone?: true;
  run(options: CampaignOptions): Promise<CampaignOutcome>;
}

export interface CampaignOptions {
  readonly firstSeed: number;
  /** Number of seeds, or of other units of the campaign. */
  readonly count: number;
  /** The campaign begins no seed after this time of `performance.now()`. */
  readonly deadlineMs: number;
  /** Receives the figures so far, now and then. */
  progress(figures: CampaignFigures): void;
}

/** Counts by their names: `{ seeds: 2000, operations: 412000 }`. */
export type CampaignFigures = Readonly<Record<string, number>>;

/** The cells of a row, by their columns. */
export type TableRow = Readonly<Record<string, string>>;

export interface CampaignOutcome {
  readonly figures: CampaignFigures;
  /** Results that cannot be summed up, if the campaign has such. */
  readonly table?: readonly TableRow[];
  /** The story of each failure, with the command that repeats it. A campaign stops after the first few. */
  readonly failures: readonly string[];
}

/** Throws the stories of the failures, if there are any. */
export function assertNone(failures: readonly string[]): void {
  if (failures.length > 0) assert.fail(`\n${failures.join("\n")}`);
}
