import type { Acquire, Release, Renew } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { LockKey, SessionId } from "../../core/ids.ts";
import type { LdlmRestContext } from "./context.ts";
import {
  errorNames,
  errorOf,
  type LdlmError,
  leaseTooShort,
  nameEmpty,
  renewErrorNames,
  sizeTooSmall,
} from "./errors.ts";
import { messageReader } from "./message.ts";

/** What a call comes to: a question to the locks, or an answer which needs none. */
export type Call =
  | {
      readonly type: "question";
      readonly command: Acquire | Release | Renew;
      answer(outcome: Outcome): CallAnswer;
    }
  | { readonly type: "answer"; readonly answer: CallAnswer };

/** As it is sent, in this order of fields; an `error` that is `undefined` is left out. */
export type CallAnswer = LockAnswer | UnlockAnswer;

interface LockAnswer {
  readonly locked: boolean;
  readonly name: string;
  readonly key: string;
  readonly error: LdlmError | undefined;
}

interface UnlockAnswer {
  readonly unlocked: boolean;
  readonly name: string;
  readonly error: LdlmError | undefined;
}

/** Throws `MessageFault` when the body is not what the call takes. */
export type ReadCall = (body: Uint8Array, session: SessionId, context: LdlmRestContext) => Call;

/** By path; docs/protocols/ldlm.md, section 4.1. */
export const calls: ReadonlyMap<string, ReadCall> = new Map([
  ["/v1/lock", lock],
  ["/v1/unlock", unlock],
  ["/v1/renew", renew],
]);

const readLock = messageReader({ name: "string", size: "int32", lock_timeout_seconds: "int32" });
const readUnlock = messageReader({ name: "string", key: "string" });
const readRenew = messageReader({ name: "string", key: "string", lock_timeout_seconds: "int32" });

/** The order of the checks is section 3's; the key of a lock that was not granted means nothing. */
function lock(body: Uint8Array, session: SessionId, context: LdlmRestContext): Call {
  const fields = readLock(body, context.jsonDepthMax);
  const { name, size = 1, lock_timeout_seconds: leaseSeconds = 0 } = fields;
  if (leaseSeconds < 0) return notLocked({ name, key: "", error: leaseTooShort });
  const key = context.newKey();
  if (name === "") return notLocked({ name, key, error: nameEmpty });
  if (size <= 0) return notLocked({ name, key, error: sizeTooSmall });
  const command: Acquire = {
    type: "acquire",
    session,
    request: context.nextRequest(),
    namespace: context.namespace,
    claims: [{ mode: "slot", path: [name], size }],
    waitMs: 0,
    ...(leaseSeconds > 0 && { leaseMs: leaseSeconds * 1000 }),
    key,
  };
  const answer = (outcome: Outcome) => {
    return { locked: outcome.type === "granted", name, key, error: errorOf(outcome, errorNames) };
  };
  return { type: "question", command, answer };
}

function unlock(body: Uint8Array, session: SessionId, context: LdlmRestContext): Call {
  const { name, key } = readUnlock(body, context.jsonDepthMax);
  const command: Release = {
    type: "release",
    session,
    request: context.nextRequest(),
    target: heldLock(name, key, context),
  };
  const answer = (outcome: Outcome) => {
    return { unlocked: outcome.type === "released", name, error: errorOf(outcome, errorNames) };
  };
  return { type: "question", command, answer };
}

function renew(body: Uint8Array, session: SessionId, context: LdlmRestContext): Call {
  const fields = readRenew(body, context.jsonDepthMax);
  const { name, key, lock_timeout_seconds: leaseSeconds = 0 } = fields;
  if (leaseSeconds <= 0) return notLocked({ name, key: "", error: leaseTooShort });
  const command: Renew = {
    type: "renew",
    session,
    request: context.nextRequest(),
    target: heldLock(name, key, context),
    leaseMs: leaseSeconds * 1000,
  };
  const answer = (outcome: Outcome) => {
    const error = errorOf(outcome, renewErrorNames);
    return { locked: outcome.type === "renewed", name, key, error };
  };
  return { type: "question", command, answer };
}

function notLocked(answer: Omit<LockAnswer, "locked">): Call {
  return { type: "answer", answer: { locked: false, ...answer } };
}

function heldLock(name: string, key: string, { namespace }: LdlmRestContext): Release["target"] {
  return { type: "key", namespace, path: [name], key: key as LockKey };
}
