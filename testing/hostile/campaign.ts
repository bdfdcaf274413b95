/**
 * Hostile clients beside a good one. A seed stands for an attack; as many seeds as there are attacks, one after
 * the other, are all of them. `ATTACK=NAME` repeats one, and `SETTLE=5` waits for so many seconds before it
 * measures the memory that is left; without it the campaign waits for a minute, as the bound asks. Meanwhile the
 * next attacks come, on servers of their own. An attack that does not hold is tried again at the end, when nothing else
 * runs: on two cores the servers that only wait cost some milliseconds, and the machine may have been busy. The row is
 * that of the last try, with the memory of the first one if only times missed their bounds, and says how many there were.
 */
import type { Campaign } from "../campaigns/campaign.ts";
import { cellsOf, faultsOf, isGivenBack, type Row } from "./bounds.ts";
import { createFloor } from "./floor.ts";
import { wholeTimes } from "./trial.ts";
import { type Trial, trialAt, trialNamed, trials } from "./trials.ts";

const triesMax = 3;

export const hostile: Campaign = {
  name: "hostile",
  countDefault: trials.length,
  isAlone: true,
  async run({ firstSeed, count, deadlineMs, progress }) {
    const { ATTACK, SETTLE } = process.env;
    const settleMs = SETTLE === undefined ? wholeTimes.settleMs : 1000 * Number(SETTLE);
    const times = { ...wholeTimes, settleMs };
    const floor = createFloor();
    const failures: string[] = [];
    const running: Promise<Row>[] = [];
    let attacks = 0;
    const figures = () => ({ attacks });
    for (let seed = firstSeed; seed < firstSeed + count; seed += 1) {
      if (performance.now() > deadlineMs) break;
      const trial = ATTACK === undefined ? trialAt(seed) : trialNamed(ATTACK);
      await floor.take();
      running.push(hold(trial));
    }
    const rows: Row[] = [];
    for (const row of await Promise.all(running)) rows.push(await tryAgain(row));
    for (const row of rows) {
      const faults = faultsOf(row);
      if (faults.length > 0) failures.push(storyOf(row, faults));
    }
    return { figures: figures(), failures, table: rows.map(cellsOf) };

    async function hold(trial: Trial, earlier: Partial<Row> = {}): Promise<Row> {
      const { tries = 0, ...settled } = earlier;
      const own = settled.afterMiB === undefined ? times : { ...times, settleMs: 0 };
      const tried = await rowOf(trial, () => trial.run(own, floor.aside));
      const row = { ...tried, ...settled, tries: tries + 1 };
      floor.leave();
      attacks += 1;
      const faults = faultsOf(row).map((fault) => `    ${fault}\n`);
      process.stdout.write(`${lineOf(row)}\n${faults.join("")}`);
      progress(figures());
      return row;
    }

    async function tryAgain(row: Row): Promise<Row> {
      const { attack, tries = 1, afterMiB, settleMs } = row;
      if (faultsOf(row).length === 0 || tries === triesMax) return row;
      await floor.take();
      const isSettled = afterMiB !== undefined && settleMs !== undefined && isGivenBack(row);
      const settled = isSettled ? { afterMiB, settleMs } : {};
      return tryAgain(await hold(trialNamed(attack), { tries, ...settled }));
    }
  },
};

/** A trial that cannot be held, perhaps because the good client is gone, is a failure like any other. */
async function rowOf({ name }: Trial, run: () => Promise<Row>): Promise<Row> {
  try {
    return await run();
  } catch (error) {
    return { attack: name, faults: [`the trial failed: ${(error as Error).message}`] };
  }
}

function lineOf(row: Row): string {
  const cells = Object.entries(cellsOf(row)).map(([column, cell]) => `${column} ${cell}`);
  const counts = Object.entries(row.counts ?? {}).map(([what, count]) => `${count} ${what}`);
  return [...cells, ...counts].join(", ");
}

function storyOf({ attack }: Row, faults: readonly string[]): string {
  const again = `ATTACK=${attack} npm run campaign -- hostile --count 1`;
  return `${attack}\n${faults.map((fault) => `  ${fault}\n`).join("")}  To repeat: ${again}`;
}
