/** A thread that runs parts of one campaign, one after another. */
import { parentPort, workerData } from "node:worker_threads";
import type { CampaignFigures, CampaignOutcome } from "./campaign.ts";
import { campaignNamed } from "./registry.ts";

/** A range of seeds. */
export interface Part {
  readonly firstSeed: number;
  readonly count: number;
  /** The thread begins no seed after it. Unix time, because threads share no other clock. */
  readonly untilMs: number;
}

export type Report =
  | { readonly type: "progress"; readonly figures: CampaignFigures }
  | { readonly type: "done"; readonly outcome: CampaignOutcome };

const campaign = campaignNamed(workerData as string);

parentPort?.on("message", async ({ firstSeed, count, untilMs }: Part) => {
  const deadlineMs = performance.now() + untilMs - Date.now();
  const progress = (figures: CampaignFigures) => report({ type: "progress", figures });
  const outcome = await campaign.run({ firstSeed, count, deadlineMs, progress });
  report({ type: "done", outcome });
});

function report(what: Report): void {
  parentPort?.postMessage(what);
}
