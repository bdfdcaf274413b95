import type { RequestedCommand } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { JsonText } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { SessionCommand } from "../../fleeting/command.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import type { CallError } from "./errors.ts";

/**
 * What a call does. A method only says it; the behavior does it and sends the answer.
 *
 *   call ──▶ answer
 *     ├────▶ command ──outcome, or wait──┐
 *     ├────▶ fleeting command ──effect───┼──▶ what the call does next, mostly an answer
 *     └────▶ job ──result────────────────┘
 */
export type Doing = Answer | CommandDoing | FleetingDoing | JobDoing;

export interface CommandDoing {
  readonly type: "command";
  readonly command: Unaddressed<RequestedCommand>;
  /** Whether only an open session can send the command. */
  readonly needsSession: boolean;
  next(outcome: Outcome): Doing | WaitDoing;
}

/** A later outcome of the same command says what the call does next. */
export interface WaitDoing {
  readonly type: "wait";
  next(outcome: Outcome): Doing | WaitDoing;
}

export interface FleetingDoing {
  readonly type: "fleeting";
  readonly command: Unaddressed<Extract<SessionCommand, { request: unknown }>>;
  next(effect: SessionEffect): Doing;
}

export interface JobDoing {
  readonly type: "job";
  run(signal: AbortSignal): Promise<unknown>;
  next(result: unknown): Doing;
}

export type Answer =
  | { readonly type: "result"; readonly result: JsonText }
  | { readonly type: "error"; readonly error: CallError };

/** Without what the behavior adds: the session of the connection, and a new request. */
export type Unaddressed<C> = C extends unknown ? Omit<C, "session" | "request"> : never;

export function result(value: JsonText): Answer {
  return { type: "result", result: value };
}

export function failure(error: CallError): Answer {
  return { type: "error", error };
}

/** A job whose result is of the type that its continuation takes. */
export function job<Result>(
  run: (signal: AbortSignal) => Promise<Result>,
  next: (result: Result) => Doing,
): Doing {
  return { type: "job", run, next: (done) => next(done as Result) };
}

/** Does the next thing instead of giving the answer. */
export function followed(doing: Doing, then: (answer: Answer) => Doing): Doing {
  switch (doing.type) {
    case "result":
    case "error":
      return then(doing);
    case "command":
      return { ...doing, next: (outcome: Outcome) => followedLater(doing.next(outcome), then) };
    case "fleeting":
      return { ...doing, next: (effect: SessionEffect) => followed(doing.next(effect), then) };
    case "job":
      return { ...doing, next: (done: unknown) => followed(doing.next(done), then) };
    default:
      return unreachable(doing);
  }
}

function followedLater(
  doing: Doing | WaitDoing,
  then: (answer: Answer) => Doing,
): Doing | WaitDoing {
  if (doing.type !== "wait") return followed(doing, then);
  return { type: "wait", next: (outcome) => followedLater(doing.next(outcome), then) };
}
