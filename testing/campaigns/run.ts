import { randomInt } from "node:crypto";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { CampaignFigures, CampaignOutcome, TableRow } from "./campaign.ts";
import { markdownTable } from "./table.ts";
import type { Part, Report } from "./worker.ts";

export interface RunWishes {
  /** Absent: a random one, which the run prints. */
  readonly firstSeed?: number | undefined;
  /** Absent: as many as fit into the time, or `countDefault` when there is no limit of time. */
  readonly count?: number | undefined;
  readonly countDefault: number;
  readonly seconds?: number | undefined;
  readonly threads?: number | undefined;
  /** One thread plays all seeds in one part, to repeat a failure as it was. */
  readonly isOnePart?: boolean;
}

export interface RunResult extends CampaignOutcome {
  readonly firstSeed: number;
  readonly seconds: number;
  readonly table: readonly TableRow[];
}

/** Most seeds in one part. With few seeds, parts are smaller, so that each thread gets some. */
const partMax = 500;

/** Runs a campaign on several threads and prints its progress on stdout. */
export async function runCampaign(name: string, wishes: RunWishes): Promise<RunResult> {
  const firstSeed = wishes.firstSeed ?? randomInt(2 ** 30);
  const count = wishes.count ?? (wishes.seconds === undefined ? wishes.countDefault : 2 ** 30);
  const beganMs = Date.now();
  const untilMs = beganMs + 1000 * (wishes.seconds ?? 7 * 24 * 3600);
  const threads = Math.min(wishes.threads ?? availableParallelism(), count);
  const shared = Math.min(partMax, Math.ceil(count / (2 * threads)));
  const partSize = wishes.isOnePart ? count : shared;
  const total = createTotal();
  let given = 0;

  /** `undefined` when nothing is left to do. */
  function nextPart(): Part | undefined {
    if (given >= count || Date.now() > untilMs || total.failures.length > 0) return undefined;
    const part = {
      firstSeed: firstSeed + given,
      count: Math.min(partSize, count - given),
      untilMs,
    };
    given += part.count;
    return part;
  }

  const elapsed = () => (Date.now() - beganMs) / 1000;
  process.stdout.write(`${name}: from seed ${firstSeed} on\n`);
  const printing = setInterval(
    () => process.stdout.write(lineOf(total.figures(), elapsed())),
    5_000,
  );
  try {
    await Promise.all(Array.from({ length: threads }, () => work(name, nextPart, total)));
  } finally {
    clearInterval(printing);
  }
  process.stdout.write(lineOf(total.figures(), elapsed()));
  const { failures, table } = total;
  if (table.length > 0) process.stdout.write(`\n${markdownTable(table)}`);
  for (const failure of failures) process.stdout.write(`\n${failure}\n`);
  return { figures: total.figures(), table, failures, firstSeed, seconds: elapsed() };
}

/** Runs part after part in one thread until nothing is left. */
async function work(name: string, nextPart: () => Part | undefined, total: Total): Promise<void> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: name });
  try {
    for (let part = nextPart(); part !== undefined; part = nextPart()) {
      total.add(await outcomeOf(worker, part, (figures) => total.underWay(worker, figures)));
      total.underWay(worker, {});
    }
  } finally {
    await worker.terminate();
  }
}

function outcomeOf(
  worker: Worker,
  part: Part,
  progress: (figures: CampaignFigures) => void,
): Promise<CampaignOutcome> {
  return new Promise((resolve, reject) => {
    const receive = (report: Report) => {
      if (report.type === "progress") return progress(report.figures);
      worker.off("message", receive);
      worker.off("error", reject);
      resolve(report.outcome);
    };
    worker.on("message", receive);
    worker.on("error", reject);
    worker.postMessage(part);
  });
}

/** The sum of the figures of all threads. */
interface Total {
  add(outcome: CampaignOutcome): void;
  /** Sets the figures of the part that this thread is playing. */
  underWay(worker: Worker, figures: CampaignFigures): void;
  figures(): CampaignFigures;
  readonly failures: string[];
  readonly table: TableRow[];
}

function createTotal(): Total {
  const done: CampaignFigures[] = [];
  const atWork = new Map<Worker, CampaignFigures>();
  const failures: string[] = [];
  const table: TableRow[] = [];
  return {
    add({ figures, failures: more, table: rows = [] }) {
      done.push(figures);
      failures.push(...more);
      table.push(...rows);
    },
    underWay: (worker, figures) => void atWork.set(worker, figures),
    figures: () => sumOf([...done, ...atWork.values()]),
    failures,
    table,
  };
}

function sumOf(all: readonly CampaignFigures[]): CampaignFigures {
  const sums: Record<string, number> = {};
  for (const figures of all) {
    for (const [name, count] of Object.entries(figures)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}

function lineOf(figures: CampaignFigures, seconds: number): string {
  const counts = Object.entries(figures).map(([name, count]) => {
    const perSecond = Math.round(count / Math.max(1, seconds));
    return `${name} ${Math.round(count).toLocaleString("en")} (${perSecond.toLocaleString("en")}/s)`;
  });
  return `${seconds.toFixed(0).padStart(6)} s  ${counts.join("  ")}\n`;
}
