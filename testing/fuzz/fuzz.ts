import assert from "node:assert/strict";
import type { Campaign } from "../campaigns/campaign.ts";

/** Each seed is one message, damaged in its own way; `check` throws when the answer is wrong. */
export function fuzzCampaign(name: string, check: (seed: number) => void): Campaign {
  return {
    name,
    async run({ firstSeed, count, deadlineMs, progress }) {
      const failures: string[] = [];
      let frames = 0;
      for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
        if (performance.now() > deadlineMs || failures.length > 0) break;
        try {
          check(seed);
        } catch (error) {
          failures.push(`${(error as Error).stack}\n\n${repeatText(name, seed)}`);
        }
        frames += 1;
        if (frames % 10_000 === 0) progress({ frames });
      }
      return { figures: { frames }, failures };
    },
  };
}

function repeatText(name: string, seed: number): string {
  return `To repeat: npm run campaign -- ${name} --count 1 --seed ${seed}\n`;
}

const prototypeKeys = Object.getOwnPropertyNames(Object.prototype).join();

/** No name or key that came in has become a property of all objects. */
export function assertUnpolluted(): void {
  assert.equal(Object.getOwnPropertyNames(Object.prototype).join(), prototypeKeys);
}
