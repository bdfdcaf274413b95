/** One measurement of the core, made in a process of its own; see measure.ts. */
export type CoreCase = PairsCase | LineCase | HeapCase;

/** How long an acquire and its release take. */
export interface PairsCase {
  readonly type: "pairs";
  /** Other locks that are held meanwhile. */
  readonly held: number;
  /** Segments of every path. */
  readonly depth: number;
  /** `returning`: each client locks its own name, again and again. `new`: no name comes twice. */
  readonly names: "returning" | "new";
  readonly timing: Timing;
}

/** How long things take in so many lines, of so many waiters each. */
export interface LineCase {
  readonly type: "line";
  readonly lines: number;
  readonly waiters: number;
  readonly timing: Timing;
}

/** How much memory `count` of something take. */
export interface HeapCase {
  readonly type: "heap";
  /** `keyed`: a slot with a key and a lease, as LDLM takes it. */
  readonly what: "held" | "keyed" | "waiter" | "session";
  readonly count: number;
  readonly depth: number;
}

export interface Timing {
  readonly runs: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/** Nanoseconds of one operation, one figure per run. */
export type Nanoseconds = readonly number[];

export interface PairsAnswer {
  readonly pair: Nanoseconds;
}

export interface LineAnswer {
  readonly enqueue: Nanoseconds;
  readonly handOver: Nanoseconds;
  readonly cancel: Nanoseconds;
}

export interface HeapAnswer {
  /** Heap bytes of one, when there are `count` of them. */
  readonly bytesEach: number;
}
