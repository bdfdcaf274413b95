/** What the good client notices: latencies, failures, late leases. */
export interface Diary {
  samplesMs: number[];
  /** When each request without an answer was sent. */
  readonly pending: Set<{ sentAt: number }>;
  /** How often each failure happened. */
  failures: Record<string, number>;
  leaseLateMs: number;
  probeMs: number;
}

/** The same in numbers, for one span of time. */
export interface Measurement {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly failures: Readonly<Record<string, number>>;
  /** From the end of a lease to the moment at which the next in line had the lock. */
  readonly leaseLateMs: number;
  /** The longest that a page for operators took. */
  readonly probeMs: number;
}

export function createDiary(): Diary {
  return { samplesMs: [], pending: new Set(), failures: {}, leaseLateMs: 0, probeMs: 0 };
}

/** Begins a span of time. Requests without an answer are those of the span, too, from now on. */
export function beginSpan(diary: Diary): void {
  const now = performance.now();
  for (const request of diary.pending) request.sentAt = Math.max(request.sentAt, now);
  Object.assign(diary, { samplesMs: [], failures: {}, leaseLateMs: 0, probeMs: 0 });
}

/** Requests that wait for their answer count as long as they have waited. */
export function measurementOf(diary: Diary): Measurement {
  const now = performance.now();
  const waiting = [...diary.pending].map(({ sentAt }) => now - sentAt);
  const sorted = Float64Array.from([...diary.samplesMs, ...waiting]).sort();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  const { failures, leaseLateMs, probeMs } = diary;
  return {
    requests: diary.samplesMs.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    maxMs: at(1),
    failures,
    leaseLateMs,
    probeMs,
  };
}

export async function timed<T>(diary: Diary, ask: () => Promise<T>): Promise<T> {
  const request = { sentAt: performance.now() };
  diary.pending.add(request);
  try {
    const answer = await ask();
    diary.samplesMs.push(performance.now() - request.sentAt);
    return answer;
  } finally {
    diary.pending.delete(request);
  }
}

const lookMs = 50;

/**
 * Waits for an answer, and notes by how long it comes after this moment: also while there is none, because it
 * may never come.
 */
export async function watched<T>(
  diary: Diary,
  figure: "leaseLateMs" | "probeMs",
  { sinceMs, answer }: { readonly sinceMs: number; readonly answer: Promise<T> },
): Promise<T> {
  const note = () => {
    diary[figure] = Math.max(diary[figure], performance.now() - sinceMs);
  };
  const looking = setInterval(note, lookMs);
  try {
    return await answer;
  } finally {
    clearInterval(looking);
    note();
  }
}

export function noteFailure(diary: Diary, what: string): void {
  diary.failures[what] = (diary.failures[what] ?? 0) + 1;
}
