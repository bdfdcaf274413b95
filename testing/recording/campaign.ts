import type { Campaign, CampaignFigures } from "../campaigns/campaign.ts";
import { check } from "../linearizability/check.ts";
import { draw } from "../linearizability/drawing.ts";
import { createLockModel, lockRulesDefault } from "../linearizability/locks/model.ts";
import { lockWords } from "../linearizability/locks/words.ts";
import { type Recording, recordHistories } from "./record.ts";
import { startShakenServer } from "./shaken-server.ts";

/** Histories recorded from the real server, over its real disk and network, and checked. */
export const histories: Campaign = {
  name: "histories",
  async run({ firstSeed, count, deadlineMs, progress }) {
    const tally = createTally();
    await using server = await startShakenServer();
    for (let done = 0; done < count && tally.failures.length === 0; done += atOnce) {
      if (performance.now() > deadlineMs) break;
      const length = Math.min(atOnce, count - done);
      const seeds = Array.from({ length }, (_, place) => firstSeed + done + place);
      const recordings = await recordHistories(server, seeds);
      const repetition = `npm run campaign -- histories --count ${length} --seed ${seeds[0]}`;
      for (const recording of recordings) tally.add(recording, repetition);
      progress({ ...tally.figures(), kills: server.kills });
    }
    return { figures: { ...tally.figures(), kills: server.kills }, failures: tally.failures };
  },
};

/** Histories that share a server and what befalls it. */
export const atOnce = 40;

const failuresMax = 3;

const model = createLockModel(lockRulesDefault);

interface Tally {
  add(recording: Recording, repetition: string): void;
  figures(): CampaignFigures;
  readonly failures: readonly string[];
}

function createTally(): Tally {
  const sums = { histories: 0, operations: 0, faults: 0, states_searched: 0, too_hard: 0 };
  const failures: string[] = [];
  return {
    add({ history, faults }, repetition) {
      const verdict = check(model, history);
      sums.histories += 1;
      sums.operations += history.length;
      sums.faults += faults;
      sums.states_searched += verdict.configurations;
      if (verdict.type === "too_hard") sums.too_hard += 1;
      if (verdict.type !== "impossible" || failures.length === failuresMax) return;
      failures.push(`${draw(verdict, lockWords)}\n\n${similarly}\n${repetition}\n`);
    },
    figures: () => ({ ...sums }),
    failures,
  };
}

const similarly = "The same is asked, though not in the same moments, by:";
