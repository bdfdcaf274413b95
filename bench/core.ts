import { type Aim, aimSection, type Bench, type Effort, median, type Section } from "./bench.ts";
import { answerOf } from "./child.ts";
import type {
  CoreCase,
  HeapAnswer,
  HeapCase,
  LineAnswer,
  LineCase,
  PairsAnswer,
  PairsCase,
  Timing,
} from "./core/case.ts";
import { whole } from "./table.ts";

export const core: Bench = {
  name: "core",
  question:
    "What does the state machine alone cost, without network and disk, and does it stay quick when much is held and many wait?",
  measure,
};

interface Sizes {
  /** Locks that others hold. */
  readonly held: number;
  readonly waiters: number;
}

const sizes: Readonly<Record<Effort["size"], Sizes>> = {
  full: { held: 1_000_000, waiters: 100_000 },
  tiny: { held: 2_000, waiters: 200 },
};

async function measure(effort: Effort): Promise<readonly Section[]> {
  const { held, waiters } = sizes[effort.size];
  const pairs = await measurePairs(held, effort);
  const lines = await measureLines(waiters, effort);
  const heap = await measureHeap(waiters);
  const sections = [pairsSection(pairs), linesSection(lines), heapSection(heap)];
  if (effort.size === "tiny") return sections;
  return [...sections, aimSection([...pairsAims(pairs), ...linesAims(lines), ...heapAims(heap)])];
}

/** A fresh process for each case: none inherits the heap or the compiled code of another. */
function answerOfCase<Answer>(wanted: CoreCase): Promise<Answer> {
  const file = new URL("core/measure.ts", import.meta.url);
  return answerOf(file, wanted, ["--expose-gc", "--max-old-space-size=8192"]);
}

interface Pairs extends PairsCase {
  readonly pairNs: number;
  /** Against the same with nothing held. */
  readonly ratio: number;
}

async function measurePairs(heldMax: number, timing: Timing): Promise<readonly Pairs[]> {
  const all: Pairs[] = [];
  for (const depth of [1, 16]) {
    for (const names of ["returning", "new"] as const) {
      all.push(...(await comparePairs({ depth, names }, heldMax, timing)));
    }
  }
  return all;
}

/** Both side by side in each run, since a machine that others share has its moods. */
async function comparePairs(
  kind: Pick<PairsCase, "depth" | "names">,
  heldMax: number,
  { runs, ...timing }: Timing,
): Promise<readonly Pairs[]> {
  const once = { type: "pairs", ...kind, timing: { ...timing, runs: 1 } } as const;
  const nanoseconds: { readonly empty: number; readonly full: number }[] = [];
  for (let run = 0; run < runs; run += 1) {
    const empty = median((await answerOfCase<PairsAnswer>({ ...once, held: 0 })).pair);
    const full = median((await answerOfCase<PairsAnswer>({ ...once, held: heldMax })).pair);
    nanoseconds.push({ empty, full });
  }
  const emptyNs = median(nanoseconds.map(({ empty }) => empty));
  const fullNs = median(nanoseconds.map(({ full }) => full));
  const ratio = median(nanoseconds.map(({ empty, full }) => full / empty));
  return [
    { ...once, held: 0, pairNs: emptyNs, ratio: 1 },
    { ...once, held: heldMax, pairNs: fullNs, ratio },
  ];
}

function pairsSection(pairs: readonly Pairs[]): Section {
  const rows = pairs.map(({ held, depth, names, pairNs, ratio }) => [
    whole(held),
    String(depth),
    names,
    whole(1e9 / pairNs),
    whole(pairNs),
    ratio.toFixed(2),
  ]);
  return {
    title: "Acquire and release",
    rows: [["others held", "path depth", "names", "pairs/s", "ns/pair", "× empty"], ...rows],
    notes: [
      "1,000 clients take turns, each in a session of its own; the other locks belong to 10,000 sessions. `returning`: each client locks its own name again and again. `new`: no name ever comes back. Deeper paths share all but their last segment with every hundredth other.",
    ],
  };
}

function pairsAims(pairs: readonly Pairs[]): readonly Aim[] {
  return pairs.flatMap(({ held, depth, names, pairNs, ratio }) => {
    const what = `${names} names, depth ${depth}, ${whole(held)} held`;
    const aims: Aim[] = [];
    if (depth === 1) {
      const measured = whole(1e9 / pairNs);
      aims.push({ what, wanted: "≥ 500,000 pairs/s", measured, isMet: pairNs <= 2000 });
    }
    if (held > 0) {
      const measured = `${ratio.toFixed(2)} ×`;
      aims.push({ what, wanted: "< 1.5 × empty", measured, isMet: ratio < 1.5 });
    }
    return aims;
  });
}

interface Line extends LineCase {
  readonly medians: Readonly<Record<keyof LineAnswer, number>>;
}

interface Lines {
  readonly short: Line;
  /** As many waiters as in the long one: whatever the heap and the caches cost, they cost here, too. */
  readonly manyShort: Line;
  readonly long: Line;
}

/** Waiters of a short line. */
const shortLength = 10;

async function measureLines(waiters: number, timing: Timing): Promise<Lines> {
  const lines = waiters / shortLength;
  return {
    short: await measureLine({ type: "line", lines: 1, waiters: shortLength, timing }),
    manyShort: await measureLine({ type: "line", lines, waiters: shortLength, timing }),
    long: await measureLine({ type: "line", lines: 1, waiters, timing }),
  };
}

async function measureLine(wanted: LineCase): Promise<Line> {
  const { enqueue, handOver, cancel } = await answerOfCase<LineAnswer>(wanted);
  const medians = {
    enqueue: median(enqueue),
    handOver: median(handOver),
    cancel: median(cancel),
  };
  return { ...wanted, medians };
}

function linesSection({ short, manyShort, long }: Lines): Section {
  const all = [short, manyShort, long];
  const rows = (["enqueue", "handOver", "cancel"] as const).map((step) => [
    stepNames[step],
    ...all.map(({ medians }) => whole(medians[step])),
  ]);
  return {
    title: "Lines of waiters",
    rows: [["ns of one", ...all.map(nameOf)], ...rows],
    notes: [
      "Every waiter has a session of its own. `hand over`: the holder releases and the next is granted. `cancel`: a waiter leaves, from all over the line. `enqueue`: it joins at the end. The middle column has as many waiters as the last one, so what differs between those two is the length of the line, and not what it costs to reach into a large heap.",
    ],
  };
}

const stepNames = { enqueue: "enqueue", handOver: "hand over", cancel: "cancel" } as const;

function nameOf({ lines, waiters }: Line): string {
  return `${whole(lines)} ${lines === 1 ? "line" : "lines"} of ${whole(waiters)}`;
}

function linesAims({ short, manyShort, long }: Lines): readonly Aim[] {
  return [manyShort, short].map((other) => {
    const ratio = long.medians.handOver / other.medians.handOver;
    return {
      what: `hand over, ${nameOf(long)} against ${nameOf(other)}`,
      wanted: "< 2 ×",
      measured: `${ratio.toFixed(2)} ×`,
      isMet: ratio < 2,
    };
  });
}

interface Heap extends HeapCase, HeapAnswer {}

async function measureHeap(count: number): Promise<readonly Heap[]> {
  const cases: readonly HeapCase[] = [
    { type: "heap", what: "held", count, depth: 1 },
    { type: "heap", what: "keyed", count, depth: 1 },
    { type: "heap", what: "held", count, depth: 16 },
    { type: "heap", what: "waiter", count, depth: 1 },
    { type: "heap", what: "session", count, depth: 1 },
  ];
  const all: Heap[] = [];
  for (const wanted of cases) all.push({ ...wanted, ...(await answerOfCase<HeapAnswer>(wanted)) });
  return all;
}

function heapSection(heaps: readonly Heap[]): Section {
  const rows = heaps.map((heap) => [wordsOf(heap), whole(heap.count), whole(heap.bytesEach)]);
  return {
    title: "Heap",
    rows: [["of one", "when there are", "bytes"], ...rows],
    notes: [
      "After a collection, with the strings that came with the command, and without the session of the lock.",
    ],
  };
}

function heapAims(heaps: readonly Heap[]): readonly Aim[] {
  const wanted = heaps.filter(({ what, depth }) => what !== "session" && depth === 1);
  return wanted.map((heap) => ({
    what: `memory of a ${wordsOf(heap)}`,
    wanted: "< 1,024 bytes",
    measured: whole(heap.bytesEach),
    isMet: heap.bytesEach < 1024,
  }));
}

function wordsOf({ what, depth }: Heap): string {
  switch (what) {
    case "held":
      return `held lock, path depth ${depth}`;
    case "keyed":
      return "held lock with key, lease and size";
    case "waiter":
      return `waiter, path depth ${depth}`;
    case "session":
      return "session";
  }
}
