/** What several methods read from their parameters, and how they refuse a call. */
import { isLongerThan } from "../../../core/limits.ts";
import type { Rejection } from "../../../core/rejection.ts";
import { isDottedName } from "../../../core/users/names.ts";
import { allows } from "../../../core/users/tags.ts";
import { type Answer, failure } from "../doing.ts";
import { rpcError, rpcErrorOf } from "../errors.ts";
import { type Params, textIn } from "../params.ts";
import type { NexusTalk } from "../talk.ts";

/** The text of the parameter; `undefined` for a value that is none. */
export function textOf({ members }: Params, name: string): string | undefined {
  return textIn(members.get(name));
}

/** A name in a tree, in lower case: labels between dots, without white space. */
export function nameOf(params: Params, name: string, bytesMax: number): string | undefined {
  const text = textOf(params, name)?.toLowerCase();
  if (text === undefined || isLongerThan(text, bytesMax)) return undefined;
  return isDottedName(text) ? text : undefined;
}

export function wrong(parameter?: string): Answer {
  return failure(rpcError("invalid_params", parameter));
}

export const denied: Answer = failure(rpcError("permission_denied"));

export function rejection(outcome: Rejection): Answer {
  return failure(rpcErrorOf(outcome));
}

export function may({ login }: NexusTalk, method: string, path: string): boolean {
  return allows(login.tags, method, path);
}
