import { type Effort, median } from "./bench.ts";
import type { ServerProcess } from "./child.ts";
import type { Contender } from "./contender.ts";
import type { Observation } from "./observation.ts";
import { percent, whole } from "./table.ts";

/** Cells of a row, under `observationHead`: how long answers took, and the server's CPU time for each. */
export function observationCells(observed: Observation, perSecond: number): readonly string[] {
  const { p50Ms, p99Ms, maxMs, serverCores, loadCores } = observed;
  return [
    p50Ms.toFixed(2),
    p99Ms.toFixed(2),
    maxMs.toFixed(1),
    ((serverCores * 1e6) / perSecond).toFixed(2),
    percent(serverCores),
    percent(loadCores),
  ];
}

export function observationHead(unit: string): readonly string[] {
  return ["p50 ms", "p99 ms", "max ms", `µs/${unit}`, "server CPU", "load CPU"];
}

/** A row of what a server does per second, beside the first: under its name, the rate, and `observationHead`. */
export function rateRow(
  { contender, ...observed }: Observation & { readonly contender: Contender },
  perSecond: number,
  firstPerSecond: number,
): readonly string[] {
  const ofFirst = percent(perSecond / firstPerSecond);
  return [contender.name, whole(perSecond), ofFirst, ...observationCells(observed, perSecond)];
}

/** What was measured, as numbers by name. */
export type Figures<Answer> = { readonly [Name in keyof Answer]: number };

export interface Comparison<Traffic, Answer extends Figures<Answer>> {
  readonly contenders: readonly Contender[];
  readonly traffics: readonly Traffic[];
  /** What a server is not measured in is left out. */
  isMeasured?(contender: Contender, traffic: Traffic): boolean;
  load(
    server: ServerProcess,
    traffic: Traffic,
    effort: Effort,
    contender: Contender,
  ): Promise<Answer>;
}

export type Measured<Traffic, Answer> = Answer & {
  readonly contender: Contender;
  readonly traffic: Traffic;
};

/** The medians of all runs. */
export async function measureSideBySide<Traffic, Answer extends Figures<Answer>>(
  comparison: Comparison<Traffic, Answer>,
  effort: Effort,
): Promise<readonly Measured<Traffic, Answer>[]> {
  const runs: Measured<Traffic, Answer>[][] = [];
  for (let run = 0; run < effort.runs; run += 1) runs.push(await measureOnce(comparison, effort));
  return medians(runs);
}

/** All servers stand side by side and have their turn one after the other in each traffic. */
async function measureOnce<Traffic, Answer extends Figures<Answer>>(
  { contenders, traffics, isMeasured = () => true, load }: Comparison<Traffic, Answer>,
  effort: Effort,
): Promise<Measured<Traffic, Answer>[]> {
  const servers: { readonly contender: Contender; readonly server: ServerProcess }[] = [];
  const measured: Measured<Traffic, Answer>[] = [];
  try {
    for (const contender of contenders) {
      servers.push({ contender, server: await contender.start() });
    }
    for (const traffic of traffics) {
      for (const { contender, server } of servers) {
        if (!isMeasured(contender, traffic)) continue;
        const answer = await load(server, traffic, effort, contender);
        measured.push({ contender, traffic, ...answer });
      }
    }
  } finally {
    for (const { server } of servers) await server.stop();
  }
  return measured;
}

/** Each run measured the same, in the same order. */
function medians<Traffic, Answer extends Figures<Answer>>(
  runs: readonly (readonly Measured<Traffic, Answer>[])[],
): readonly Measured<Traffic, Answer>[] {
  const [first = []] = runs;
  return first.map(({ contender, traffic, ...figures }, place) => {
    const names = Object.keys(figures) as (keyof Answer)[];
    const middle = names.map((name) => [
      name,
      median(runs.map((run) => (run[place] as Measured<Traffic, Answer>)[name] as number)),
    ]);
    return { contender, traffic, ...(Object.fromEntries(middle) as Answer) };
  });
}
