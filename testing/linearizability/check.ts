import type { History } from "./history.ts";
import { type Impossible, type Order, search } from "./search.ts";
import type { SequentialModel } from "./sequential-model.ts";

/** Whether a history can be explained as if each operation had happened at one moment. */
export type Verdict<State, Operation> =
  | {
      readonly type: "linearizable";
      /** One for each part of the history. */
      readonly orders: readonly Order<Operation>[];
      readonly configurations: number;
    }
  /** The first part that no order explains. */
  | Impossible<State, Operation>
  /** A part was given up, and no other is impossible. */
  | { readonly type: "too_hard"; readonly configurations: number };

/** So many configurations of one part of a history are looked at before it is given up. */
export const configurationsMaxDefault = 200_000;

/**
 * Judges each part of the history for itself, as Horn and Kroening do ("Faster linearizability checking
 * via P-compositionality", 2015). What is in several parts, such as a crash, may happen at another moment
 * in each: what is wrong only when two parts are seen together is not found.
 */
export function check<State, Operation>(
  model: SequentialModel<State, Operation>,
  history: History<Operation>,
  configurationsMax = configurationsMaxDefault,
): Verdict<State, Operation> {
  const orders: Order<Operation>[] = [];
  let configurations = 0;
  let isTooHard = false;
  for (const part of model.partition(history)) {
    const finding = search(model, part, configurationsMax);
    configurations += finding.configurations;
    if (finding.type === "impossible") return { ...finding, configurations };
    if (finding.type === "linearizable") orders.push(finding.order);
    else isTooHard = true;
  }
  if (isTooHard) return { type: "too_hard", configurations };
  return { type: "linearizable", orders, configurations };
}
