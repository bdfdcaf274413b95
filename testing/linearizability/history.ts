/** A call of one client, as it stands in a history. */
export interface Recorded<Operation> {
  /** Who called: one lane of a drawing. */
  readonly client: string;
  /** What was asked and, unless the answer was never heard, what was answered. */
  readonly operation: Operation;
  /** Before the request was sent. Moments are milliseconds of one clock, and no two are the same. */
  readonly calledAt: number;
  /** After the answer was there; without one, the last moment at which it can have happened. */
  readonly until: number;
  /** Otherwise it may have happened or not. */
  readonly isAnswered: boolean;
}

/** In the order of the calls. */
export type History<Operation> = readonly Recorded<Operation>[];
