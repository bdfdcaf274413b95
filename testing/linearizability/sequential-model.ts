import type { History } from "./history.ts";

/** What the thing under test would be if everything happened at one moment each, one after the other. */
export interface SequentialModel<State, Operation> {
  readonly initial: State;
  /**
   * The states that there can be after the operation happened with the answer that it had; none when it
   * cannot happen now. Without an answer: those in which it made a difference. All that begins with it
   * begins at `calledAt`, the earliest moment at which it can have happened.
   */
  step(state: State, operation: Operation, calledAt: number): readonly State[];
  /** Whether it cannot happen any more with its answer, come what may; to say no is never wrong. */
  isTooLate(state: State, operation: Operation): boolean;
  /** What may happen by itself, at `until` or before. It must come to an end when repeated. */
  nature(state: State, until: number): readonly Happening<State>[];
  /** Whether the operation most likely happens soon, even if it gets no answer. */
  isLikely(operation: Operation): boolean;
  /** The same for two states only when nothing that may follow can tell them apart. */
  keyOf(state: State): string;
  /** Histories that can be judged each for itself; an operation may be in several. */
  partition(history: History<Operation>): readonly History<Operation>[];
}

export interface Happening<State> {
  /** A sentence without full stop. */
  readonly what: string;
  readonly state: State;
}
