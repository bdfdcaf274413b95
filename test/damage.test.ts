import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { assertNone, type Campaign } from "../testing/campaigns/campaign.ts";
import { flips } from "../testing/disk/flips.ts";
import { power } from "../testing/disk/power.ts";
import { createSample, type Sample } from "../testing/disk/sample.ts";
import { filesOf, judge, type Verdict } from "../testing/disk/verdict.ts";
import { collect } from "../testing/log-entries.ts";

/** New ones in every run; `SEED=…` plays one again. */
const firstSeed = Number(process.env.SEED ?? randomInt(2 ** 30));

test("a cut of the power at any operation of the disk loses nothing that was promised", async () => {
  await insist(power, 1);
});

test("what happens to the bytes of a large log is repaired, refused, or harmless", async () => {
  await insist(flips, 3);
});

for (const end of ["closed", "killed"] as const) {
  test(`any flipped bit of a ${end} log and its snapshots is repaired, refused, or harmless`, async (t) => {
    const sample = await smallSample(end);
    assert.equal(sample.segments.length, 2);
    assert.equal(sample.snapshots.length, 2);
    const verdicts = await flipEach(sample);
    assert.deepEqual(Object.keys(verdicts).sort(), [
      "harmless",
      "passed_over",
      "refused",
      "refused_to_read",
      "repaired",
    ]);
    t.diagnostic(JSON.stringify(verdicts));
  });
}

async function insist(campaign: Campaign, count: number): Promise<void> {
  const { failures } = await campaign.run({
    firstSeed,
    count,
    deadlineMs: Number.POSITIVE_INFINITY,
    progress() {},
  });
  assertNone(failures);
}

/** Ten entries; the first segment is trimmed, and the newest snapshot covers the next one. */
function smallSample(end: "closed" | "killed"): Promise<Sample> {
  return createSample({
    end,
    durability: "always",
    segmentBytes: 300,
    appends: Array.from({ length: 10 }, (_, place) => [collect(place)]),
    syncsAfter: new Set(),
    snapshots: new Map([
      [4, 2],
      [7, 1],
    ]),
  });
}

async function flipEach(sample: Sample): Promise<Partial<Record<Verdict, number>>> {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { path, bytes } of filesOf(sample)) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      const verdict = await telling(`bit ${bit} of ${path}`, () =>
        judge(sample, new Map([[path, flipped]])),
      );
      counts[verdict] = (counts[verdict] ?? 0) + 1;
    }
  }
  return counts;
}

async function telling<T>(what: string, judged: () => Promise<T>): Promise<T> {
  try {
    return await judged();
  } catch (cause) {
    throw new Error(what, { cause });
  }
}
