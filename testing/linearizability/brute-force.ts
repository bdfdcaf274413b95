import type { History, Recorded } from "./history.ts";
import type { SequentialModel } from "./sequential-model.ts";

/**
 * Whether there is an order that explains a history, by trying all of them: so short that reading it shows
 * that it is right, and only for histories of a few operations.
 */
export function canBeExplained<State, Operation>(
  model: SequentialModel<State, Operation>,
  history: History<Operation>,
): boolean {
  return canGoOn(model, model.initial, history);
}

function canGoOn<State, Operation>(
  model: SequentialModel<State, Operation>,
  state: State,
  left: History<Operation>,
): boolean {
  if (left.every(({ isAnswered }) => !isAnswered)) return true;
  const now = Math.min(...left.map(({ until }) => until));
  const without = (gone: Recorded<Operation>) => left.filter((other) => other !== gone);
  return (
    left.some((next) => {
      if (!next.isAnswered && canGoOn(model, state, without(next))) return true;
      if (next.calledAt > now) return false;
      const states = model.step(state, next.operation, next.calledAt);
      return states.some((after) => canGoOn(model, after, without(next)));
    }) || model.nature(state, now).some((happening) => canGoOn(model, happening.state, left))
  );
}
