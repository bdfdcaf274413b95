import { type Aim, aimSection, type Bench, type Effort, type Section } from "./bench.ts";
import { answerOf, type ServerProcess } from "./child.ts";
import { holdfast } from "./contender.ts";
import type { Observation } from "./observation.ts";
import { type Measured, measureSideBySide, observationHead, rateRow } from "./side-by-side.ts";
import { whole } from "./table.ts";
import type { TasksLoad, TasksLoadAnswer } from "./tasks-load.ts";

export const tasks: Bench = {
  name: "tasks",
  question:
    "How many tasks are pushed, pulled and done per second, and what do a million cost that wait?",
  measure,
};

/** Everybody may do everything, and a million tasks fit in. */
const flags = [
  ...["--nexus-nobody-tags", "@admin"],
  ...["--limits-state-bytes-max", "2GiB", "--limits-state-bytes-per-address-max", "2GiB"],
];
const durable = holdfast("always", [...flags, "--durability", "always"]);
const relaxed = holdfast("relaxed", [...flags, "--durability", "relaxed"]);

interface Rated extends Observation {
  readonly perSecond: number;
}

type Traffic = Pick<TasksLoad, "workers" | "pushers" | "inFlight" | "waiting">;

type One = Measured<Traffic, Rated>;

const trafficsBySize: Readonly<Record<Effort["size"], readonly Traffic[]>> = {
  full: [
    { workers: 1, pushers: 1, inFlight: 1, waiting: 0 },
    { workers: 50, pushers: 1, inFlight: 50, waiting: 0 },
    { workers: 500, pushers: 5, inFlight: 500, waiting: 0 },
    // These stay, so it comes last.
    { workers: 50, pushers: 1, inFlight: 50, waiting: 1_000_000 },
  ],
  tiny: [
    { workers: 2, pushers: 1, inFlight: 2, waiting: 0 },
    { workers: 2, pushers: 1, inFlight: 2, waiting: 100 },
  ],
};

async function measure(effort: Effort): Promise<readonly Section[]> {
  const traffics = trafficsBySize[effort.size];
  const contenders = [durable, relaxed];
  const measured: readonly One[] = await measureSideBySide({ contenders, traffics, load }, effort);
  const sections = traffics.map((traffic) => section(measured, traffic));
  return effort.size === "tiny" ? sections : [legend, ...sections, aimSection(aimsOf(measured))];
}

async function load(
  { port, pid: serverPid }: ServerProcess,
  traffic: Traffic,
  { warmUpMs, measureMs }: Effort,
): Promise<Rated> {
  const question: TasksLoad = { port, serverPid, warmUpMs, measureMs, ...traffic };
  const file = new URL("tasks-load.ts", import.meta.url);
  const answer = await answerOf<TasksLoadAnswer>(file, question);
  return { ...answer, perSecond: answer.tasksPerSecond };
}

const legend: Section = {
  title: "Servers",
  rows: [
    ["server", "what"],
    ["always", "Holdfast over Nexus's TCP, every step of a task after its fdatasync"],
    ["relaxed", "the same, with a sync every second"],
  ],
  notes: [
    "A task has 200 bytes, and goes from `task.push` over `task.pull` and `task.result` to the answer of the push; then the next is pushed. A worker sends the result together with its next pull. Latency is from the push to its answer. Tasks that wait are in a path of their own.",
  ],
};

function section(measured: readonly One[], traffic: Traffic): Section {
  const here = measured.filter((one) => one.traffic === traffic);
  const { workers, inFlight, waiting } = traffic;
  const others = waiting === 0 ? "" : `, ${whole(waiting)} waiting`;
  return {
    title: `${whole(workers)} workers, ${whole(inFlight)} tasks in flight${others}`,
    rows: [head, ...here.map((one) => rateRow(one, one.perSecond, here[0]?.perSecond ?? 0))],
    notes: [],
  };
}

const head = ["server", "tasks/s", "of first", ...observationHead("task")];

/** A task costs less than half as much again when a million wait. */
function aimsOf(measured: readonly One[]): readonly Aim[] {
  const crowded = measured.filter(({ traffic }) => traffic.waiting > 0);
  return crowded.flatMap(({ contender, traffic, perSecond }) => {
    const alone = measured.find(
      (one) =>
        one.contender === contender &&
        one.traffic.workers === traffic.workers &&
        one.traffic.waiting === 0,
    );
    if (alone === undefined) return [];
    const times = alone.perSecond / perSecond;
    const what = `${contender.name}: tasks/s without, of those with ${whole(traffic.waiting)} waiting`;
    return [{ what, wanted: "< 1.5×", measured: `${times.toFixed(2)}×`, isMet: times < 1.5 }];
  });
}
