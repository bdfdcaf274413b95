import type { CampaignFigures } from "./campaign.ts";

/** What is kept of a campaign in which nothing failed. */
export interface SavedResult {
  readonly campaign: string;
  readonly command: string;
  readonly commit: string;
  readonly machine: string;
  readonly firstSeed: number;
  readonly seconds: number;
  readonly figures: CampaignFigures;
}

export function resultFile(campaign: string): URL {
  return new URL(`results/${campaign}.json`, import.meta.url);
}
