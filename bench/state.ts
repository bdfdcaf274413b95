import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf } from "./child.ts";
import { type StateAnswer, type StateCase, type Thing, things } from "./state/case.ts";
import { whole } from "./table.ts";

export const state: Bench = {
  name: "state",
  question:
    "How much heap does each thing in the state take, and does the budget count at least that much?",
  measure,
};

/** Just above a power of two, where maps are at their emptiest. */
const counts: Readonly<Record<Effort["size"], number>> = { full: 17_000, tiny: 300 };
/** These are too large, or too few may be made, for the full count. */
const countsMax: Partial<Record<Thing, number>> = {
  "lock of 64 claims": 1_100,
  "API token": 9_000,
  "user with 16 tags at 4 prefixes, and lists": 4_200,
};
/** Things whose paths share nodes: each pays for all of them, as if it were alone. */
const shared: readonly Thing[] = ["lock, path of 16 segments, 15 shared", "lock of 64 claims"];

interface Row extends StateCase, StateAnswer {}

async function measure({ size }: Effort): Promise<readonly Section[]> {
  const rows: Row[] = [];
  for (const thing of things) {
    const wanted = { thing, count: Math.min(counts[size], countsMax[thing] ?? counts[size]) };
    rows.push({ ...wanted, ...(await measureState(wanted)) });
  }
  const section: Section = {
    title: "Counted and measured",
    rows: [["of one", "when there are", "counted", "measured", "ratio"], ...rows.map(cellsOf)],
    notes: [
      "Bytes of heap after a collection, with all texts, which went through JSON as after a restart, and large numbers. A lock pays for every node on its paths, also for those that others use, so where paths share nodes the budget counts more than there is.",
    ],
  };
  return size === "tiny" ? [section] : [section, aimSection(rows.map(aimOf))];
}

/** A fresh process for each case. */
export function measureState(wanted: StateCase): Promise<StateAnswer> {
  const file = new URL("state/measure.ts", import.meta.url);
  return answerOf(file, wanted, ["--expose-gc", "--max-old-space-size=4096"]);
}

function cellsOf({ thing, count, counted, measured }: Row): readonly string[] {
  return [thing, whole(count), whole(counted), whole(measured), (measured / counted).toFixed(2)];
}

function aimOf({ thing, counted, measured }: Row): Aim {
  const ratio = measured / counted;
  const from = shared.includes(thing) ? 0 : 0.5;
  return {
    what: thing,
    wanted: from === 0 ? "≤ 1" : "0.5 to 1",
    measured: ratio.toFixed(2),
    isMet: ratio >= from && ratio <= 1,
  };
}
