/**
 * The search for an order that explains a history, after Wing and Gong ("Testing and verifying
 * concurrent objects", 1993), with two ideas of Lowe ("Testing for linearizability", 2017): the same
 * configuration is looked at once, and operations happen just in time, when one of them is over.
 *
 *     what is called is pending; the search stops at the end of what is pending still:
 *
 *        call a      call b      end of a: a happens            end of b: b happens,
 *     ---------------------------o  or b happens, then a   ----o  unless it has already
 *                                o  or something by itself, then one of these
 *                                o  or, if a was not answered, it never happens
 *
 * What goes wrong later is tried again from the last choice: depth first, the likeliest choice first.
 */
import type { History } from "./history.ts";
import type { SequentialModel } from "./sequential-model.ts";

export type Finding<State, Operation> =
  | {
      readonly type: "linearizable";
      readonly order: Order<Operation>;
      readonly configurations: number;
    }
  | Impossible<State, Operation>
  | { readonly type: "too_hard"; readonly configurations: number };

export interface Impossible<State, Operation> {
  readonly type: "impossible";
  readonly history: History<Operation>;
  /** The place in the history of the answer that no order explains; it explains all earlier ones. */
  readonly blocked: number;
  /** One of the orders that come so far. */
  readonly order: Order<Operation>;
  /** What can have been when that answer was due; the first few. */
  readonly states: readonly State[];
  readonly configurations: number;
}

/** What happened, one after the other. */
export type Order<Operation> = readonly Step<Operation>[];

export type Step<Operation> =
  | { readonly type: "operation"; readonly client: string; readonly operation: Operation }
  /** By itself. */
  | { readonly type: "nature"; readonly what: string };

/** Looks for one order of the history as a whole. */
export function search<State, Operation>(
  model: SequentialModel<State, Operation>,
  history: History<Operation>,
  configurationsMax: number,
): Finding<State, Operation> {
  const events = eventsOf(history);
  const seen = new Set<string>();
  const stack: Configuration<State, Operation>[] = [
    { place: 0, state: model.initial, pending: [], happened: [], past: undefined },
  ];
  let furthest = { place: -1, past: undefined as Past<Operation>, states: [] as State[] };

  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const reached = advance(next, events);
    const due = events[reached.place];
    if (due === undefined) {
      return { type: "linearizable", order: orderOf(reached.past), configurations: seen.size };
    }
    const key = `${reached.place};${reached.pending};${reached.happened};${model.keyOf(reached.state)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > configurationsMax) return { type: "too_hard", configurations: seen.size };
    if (reached.place > furthest.place) {
      furthest = { place: reached.place, past: reached.past, states: [reached.state] };
    } else if (reached.place === furthest.place && next.place < reached.place) {
      if (furthest.states.length < statesToldMax) furthest.states.push(reached.state);
    }
    stack.push(...successors(model, history, reached, due));
  }

  const { past, states, place } = furthest;
  const blocked = (events[place] as Event).operation;
  const order = orderOf(past);
  return { type: "impossible", history, blocked, order, states, configurations: seen.size };
}

const statesToldMax = 3;

/** An operation is called, or its time is over; `operation` is its place in the history. */
interface Event {
  readonly type: "call" | "end";
  readonly operation: number;
  readonly at: number;
}

/** What happens at one moment happens at the same time: calls come first. */
function eventsOf(history: History<unknown>): readonly Event[] {
  const events = history.flatMap(({ calledAt, until }, operation): readonly Event[] => {
    const call = { type: "call", operation, at: calledAt } as const;
    return until === Number.POSITIVE_INFINITY
      ? [call]
      : [call, { type: "end", operation, at: until }];
  });
  const rank = { call: 0, end: 1 } as const;
  return events.sort((a, b) => a.at - b.at || rank[a.type] - rank[b.type]);
}

interface Configuration<State, Operation> {
  /** Events before it are explained. */
  readonly place: number;
  readonly state: State;
  /** Called, not happened, and still able to. */
  readonly pending: readonly number[];
  /** Happened, and not at their end; sorted. */
  readonly happened: readonly number[];
  readonly past: Past<Operation>;
}

/** What has happened so far, the last first. */
type Past<Operation> =
  | { readonly step: Step<Operation>; readonly before: Past<Operation> }
  | undefined;

/** Goes on to the next operation whose time is over before it has happened, or to the end. */
function advance<State, Operation>(
  from: Configuration<State, Operation>,
  events: readonly Event[],
): Configuration<State, Operation> {
  let { place, pending, happened } = from;
  for (; place < events.length; place++) {
    const { type, operation } = events[place] as Event;
    if (type === "call") pending = [...pending, operation];
    else if (pending.includes(operation)) break;
    else happened = without(happened, operation);
  }
  return { ...from, place, pending, happened };
}

/**
 * What can happen next, the likeliest last: a likely operation without an answer, the one that is due, other answered
 * ones, something by itself, other operations without an answer.
 */
function successors<State, Operation>(
  model: SequentialModel<State, Operation>,
  history: History<Operation>,
  from: Configuration<State, Operation>,
  due: Event,
): readonly Configuration<State, Operation>[] {
  const happen = (operation: number) => afterOperation(model, history, from, operation);
  const others = from.pending.filter((operation) => operation !== due.operation);
  const isAnswered = (operation: number) => history[operation]?.isAnswered === true;
  const untilOf = (operation: number) => history[operation]?.until ?? 0;
  const answered = others.filter(isAnswered).sort((a, b) => untilOf(b) - untilOf(a));
  const unheard = others.filter((operation) => !isAnswered(operation));
  const isLikely = (operation: number) =>
    model.isLikely((history[operation] as History<Operation>[number]).operation);
  const byNature = model.nature(from.state, due.at).map(({ state, what }) => {
    return { ...from, state, past: { step: { type: "nature", what }, before: from.past } } as const;
  });
  const notAtAll = isAnswered(due.operation) ? [] : [{ ...from, pending: others }];
  return [
    ...unheard.filter((operation) => !isLikely(operation)).flatMap(happen),
    ...byNature,
    ...answered.flatMap(happen),
    ...happen(due.operation),
    ...notAtAll,
    ...unheard.filter(isLikely).flatMap(happen),
  ];
}

function afterOperation<State, Operation>(
  model: SequentialModel<State, Operation>,
  history: History<Operation>,
  from: Configuration<State, Operation>,
  place: number,
): readonly Configuration<State, Operation>[] {
  const { client, operation, calledAt } = history[place] as History<Operation>[number];
  const pending = without(from.pending, place);
  const waitsInVain = (state: State) =>
    pending.some((other) =>
      model.isTooLate(state, (history[other] as (typeof history)[number]).operation),
    );
  const states = model.step(from.state, operation, calledAt).filter((state) => !waitsInVain(state));
  const happened = [...from.happened, place].sort((a, b) => a - b);
  const past = { step: { type: "operation", client, operation }, before: from.past } as const;
  return states.map((state) => ({ place: from.place, state, pending, happened, past }));
}

function without(places: readonly number[], place: number): readonly number[] {
  return places.filter((other) => other !== place);
}

function orderOf<Operation>(past: Past<Operation>): Order<Operation> {
  const steps: Step<Operation>[] = [];
  for (let last = past; last !== undefined; last = last.before) steps.push(last.step);
  return steps.reverse();
}
