import type { History, Recorded } from "./history.ts";
import type { Impossible, Step } from "./search.ts";

/** How a drawing names things. */
export interface Words<State, Operation> {
  asked(operation: Operation): string;
  /** `undefined`: there is nothing to answer. */
  answered(operation: Operation): string | undefined;
  /** A line each. */
  state(state: State): readonly string[];
}

/**
 * Draws why a history cannot be: time runs down, each client has a lane, and each call a bar from its
 * question to its answer.
 *
 *          ms   alice                 bob
 *        1.00   ┌ 1: lock write jobs
 *        1.52   │                     ┌ 2: try jobs
 *        1.90   └ granted #1          │
 *   ->   2.11                         └ granted
 *
 *   It cannot be that bob heard "granted" to "2: try jobs". …
 */
export function draw<State, Operation>(
  { history, blocked, order, states }: Impossible<State, Operation>,
  words: Words<State, Operation>,
): string {
  const culprit = history[blocked] as Recorded<Operation>;
  const begun = history.filter(({ calledAt }) => calledAt <= culprit.until);
  const lanes = lanesOf(begun);
  const rows = rowsOf(begun, culprit, words);
  const shown = rows.slice(-rowsMax);
  const left = rows.length - shown.length;
  const lastSteps = order.slice(-stepsMax).map((step) => writeStep(step, words));
  return [
    ...(left === 0 ? [] : [`(${left} earlier lines are left out)`]),
    ...table(lanes, shown, culprit),
    "",
    `It cannot be that ${culprit.client} heard "${words.answered(culprit.operation)}" to ` +
      `"${words.asked(culprit.operation)}".`,
    "All answers before it can be explained. When it came, it was like this, and nothing that was",
    "under way or that happens by itself could make it true:",
    [...new Set(states.map((state) => linesOf(words.state(state))))].join(
      "\n  or, in another order:\n",
    ),
    "The last that had happened then, in one of the orders:",
    linesOf(lastSteps.length === 0 ? ["nothing"] : lastSteps),
  ].join("\n");
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `    ${line}`).join("\n");
}

function writeStep<Operation>(step: Step<Operation>, words: Words<never, Operation>): string {
  if (step.type === "nature") return step.what;
  const answer = words.answered(step.operation);
  const asked = `${step.client}   ${words.asked(step.operation)}`;
  return answer === undefined ? asked : `${asked} -> ${answer}`;
}

/** What a screen has room for. */
const rowsMax = 40;
const stepsMax = 8;
/** Characters of a lane. */
const laneWidthMax = 36;

/** A column: calls of one client that do not overlap. */
interface Lane<Operation> {
  readonly client: string;
  readonly calls: Recorded<Operation>[];
}

/** In the order in which clients appear; who has several calls at a time gets several lanes. */
function lanesOf<Operation>(history: History<Operation>): readonly Lane<Operation>[] {
  const lanes: Lane<Operation>[] = [];
  for (const call of history) {
    const own = lanes.filter(({ client }) => client === call.client);
    const free = own.find(({ calls }) => endOfBar(calls.at(-1)) < call.calledAt);
    if (free !== undefined) {
      free.calls.push(call);
      continue;
    }
    const place = lanes.findLastIndex(({ client }) => client === call.client);
    lanes.splice(place === -1 ? lanes.length : place + 1, 0, {
      client: call.client,
      calls: [call],
    });
  }
  return lanes;
}

/** What was never answered has no bar. */
function endOfBar(call: Recorded<unknown> | undefined): number {
  return call === undefined ? 0 : call.isAnswered ? call.until : call.calledAt;
}

interface Row<Operation> {
  readonly at: number;
  readonly call: Recorded<Operation>;
  readonly text: string;
}

function rowsOf<Operation>(
  history: History<Operation>,
  culprit: Recorded<Operation>,
  words: Words<never, Operation>,
): readonly Row<Operation>[] {
  const rows = history.flatMap((call): readonly Row<Operation>[] => {
    const { operation, calledAt: at, until, isAnswered } = call;
    const asked = words.asked(operation);
    const answer = words.answered(operation);
    if (!isAnswered) return [{ at, call, text: `╶ ${asked}: never answered` }];
    if (answer === undefined) return [{ at, call, text: `■ ${asked}` }];
    const begin = { at, call, text: `┌ ${asked}` };
    return until <= culprit.until ? [begin, { at: until, call, text: `└ ${answer}` }] : [begin];
  });
  return rows.sort((a, b) => a.at - b.at);
}

function table<Operation>(
  lanes: readonly Lane<Operation>[],
  rows: readonly Row<Operation>[],
  culprit: Recorded<Operation>,
): readonly string[] {
  const texts = lanes.map(({ client, calls }) => {
    const cells = rows.map(({ at, call, text }) => {
      if (calls.includes(call)) return text;
      return calls.some((other) => other.calledAt < at && at < endOfBar(other)) ? "│" : "";
    });
    return [client, ...cells];
  });
  const columns = texts.filter(([, ...cells]) => cells.some((cell) => cell !== ""));
  const begin = rows[0]?.at ?? 0;
  const times = rows.map(({ at, call }) => {
    const isCulprit = call === culprit && at === culprit.until;
    return `${isCulprit ? "->" : "  "}${(at - begin).toFixed(2).padStart(9)}`;
  });
  const margin = ["ms".padStart(11), ...times];
  return margin.map((time, row) => {
    const cells = columns.map((column) => padded(column[row] ?? "", widthOf(column)));
    return [time, ...cells].join("   ").trimEnd();
  });
}

function widthOf(column: readonly string[]): number {
  return Math.min(laneWidthMax, Math.max(...column.map(({ length }) => length)));
}

function padded(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, width - 1)}…`;
}
