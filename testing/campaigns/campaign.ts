import assert from "node:assert/strict";

/**
 * A check that is repeated with one seed after another, for as long as somebody is willing to wait:
 * a short run of each is a test, a long one is told in `docs/correctness.md`.
 */
export interface Campaign {
  /** As given on the command line. */
  readonly name: string;
  run(options: CampaignOptions): Promise<CampaignOutcome>;
}

export interface CampaignOptions {
  readonly firstSeed: number;
  /** How many seeds, or other units of the campaign. */
  readonly count: number;
  /** No further seed is begun after this moment of `performance.now()`. */
  readonly deadlineMs: number;
  /** Told now and then what has been done so far. */
  progress(figures: CampaignFigures): void;
}

/** How many of what: `{ seeds: 2000, operations: 412000 }`. */
export type CampaignFigures = Readonly<Record<string, number>>;

export interface CampaignOutcome {
  readonly figures: CampaignFigures;
  /** A story each, which ends with the command that repeats it. A campaign stops at the first few. */
  readonly failures: readonly string[];
}

/** Fails with what the failures say, in their own lines. */
export function assertNone(failures: readonly string[]): void {
  if (failures.length > 0) assert.fail(`\n${failures.join("\n")}`);
}
