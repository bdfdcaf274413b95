import type { Random } from "../../history/random.ts";
import type { History } from "../history.ts";
import type { Ask, LockOperation } from "./operation.ts";

/** Makes another operation of one; `undefined` when it is not of the kind that can be made so. */
type Mutation = (
  operation: LockOperation,
  all: readonly LockOperation[],
) => LockOperation | undefined;

/** Ways to put one lie into a history. Some lies of the first kinds can be true by chance. */
export const mutations = {
  "what was refused is granted": (operation) =>
    operation.type === "ask" && operation.answer?.type === "refused"
      ? { ...operation, answer: { type: "granted" } }
      : undefined,
  "what was granted is refused": (operation) =>
    operation.type === "ask" && !operation.isWaiting && operation.answer?.type === "granted"
      ? { ...operation, answer: { type: "refused" } }
      : undefined,
  "who had to wait does not": (operation) =>
    operation.type === "ask" && operation.answer?.type === "waiting"
      ? { ...operation, answer: { ...operation.answer, type: "granted" } }
      : undefined,
  "who did not wait has to": (operation) =>
    operation.type === "ask" && operation.isWaiting && operation.answer?.type === "granted"
      ? { ...operation, answer: { ...operation.answer, type: "waiting" } }
      : undefined,
  "a holder is told that he is none": (operation) =>
    operation.type === "release" && operation.answer === "released"
      ? { ...operation, answer: "not_holder" }
      : undefined,
  "who is no holder is believed": (operation) =>
    operation.type === "release" && operation.answer === "not_holder"
      ? { ...operation, answer: "released" }
      : undefined,
  "a number is given again": (operation, all) => {
    if (operation.type !== "ask" || operation.answer?.type !== "waiting") return undefined;
    const number = all.map((other) => numberFor(operation, other)).find((one) => one !== undefined);
    if (number === undefined) return undefined;
    return { ...operation, answer: { ...operation.answer, number } };
  },
  "a token is given again": (operation, all) => {
    if (operation.type !== "ask" || operation.answer?.type !== "granted") return undefined;
    const token = all.map((other) => tokenFor(operation, other)).find((one) => one !== undefined);
    if (token === undefined) return undefined;
    return { ...operation, answer: { ...operation.answer, token } };
  },
} as const satisfies Readonly<Record<string, Mutation>>;

export type MutationKind = keyof typeof mutations;

/** The history with one lie; `undefined` when there is no place for one of that kind. */
export function mutate(
  random: Random,
  history: History<LockOperation>,
  kind: MutationKind,
): History<LockOperation> | undefined {
  const all = history.flatMap(({ operation, isAnswered }) => (isAnswered ? operation : []));
  const mutants = history.flatMap((recorded, place) => {
    const operation = recorded.isAnswered ? mutations[kind](recorded.operation, all) : undefined;
    return operation === undefined ? [] : [history.with(place, { ...recorded, operation })];
  });
  return mutants[random.below(Math.max(1, mutants.length))];
}

/** The number that another request for the same path was given. */
function numberFor(ask: Ask, other: LockOperation): number | undefined {
  const hasNumber = other.type === "ask" && other.answer !== undefined && "number" in other.answer;
  return hasNumber && isForSame(ask, other) ? other.answer.number : undefined;
}

function tokenFor(ask: Ask, other: LockOperation): number | undefined {
  const isGranted = other.type === "ask" && other.answer?.type === "granted";
  return isGranted && isForSame(ask, other) ? other.answer.token : undefined;
}

function isForSame(ask: Ask, other: Ask): boolean {
  return ask.request !== other.request && ask.claims[0]?.path[0] === other.claims[0]?.path[0];
}
