/** What LDLM's calls mean, whichever door they come through; docs/protocols/ldlm.md, sections 2 and 3. */
import type { Acquire, Release, Renew } from "../../core/command.ts";
import type { Granted, Outcome, Renewed } from "../../core/effect.ts";
import type { LockKey, Namespace, RequestId, SessionId } from "../../core/ids.ts";
import type { Message } from "../grpc/mod.ts";
import {
  errorNames,
  errorOf,
  type LdlmError,
  leaseTooShort,
  nameEmpty,
  renewErrorNames,
  sizeTooSmall,
  waitTooLong,
  waitTooShort,
} from "./errors.ts";
import type {
  lockRequest,
  lockResponse,
  renewRequest,
  unlockRequest,
  unlockResponse,
} from "./messages.ts";

/** Who calls, and what the calls ask of the world. */
export interface Caller {
  readonly session: SessionId;
  /** Where the names of LDLM live. */
  readonly namespace: Namespace;
  /** Whether what is granted stays when the session ends. */
  readonly keepsLocks: boolean;
  /** A request id that the log has not seen. */
  nextRequest(): RequestId;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
}

/** A call after its checks: a command with the answer to its outcome, or an answer without a command. */
export type PreparedCall =
  | {
      readonly type: "ask";
      readonly command: Acquire | Release | Renew;
      answer(outcome: Outcome): CallAnswer;
    }
  | { readonly type: "answer"; readonly answer: CallAnswer };

export interface CallAnswer {
  readonly body: LockAnswer | UnlockAnswer;
  /** What is told beyond the messages of LDLM, when there is something to tell. */
  readonly grant: Granted | Renewed | undefined;
}

type LockAnswer = Message<typeof lockResponse>;
type UnlockAnswer = Message<typeof unlockResponse>;

/** What becomes of the wait that a lock asks for. */
export type Patience =
  /** Nobody looks at it. */
  | { readonly type: "none" }
  /** Not to ask for any is to wait for ever. */
  | { readonly type: "any" }
  /** Not to ask for any is not to wait. */
  | { readonly type: "bounded"; readonly waitMsMax: number };

type LockFields = Omit<Message<typeof lockRequest>, "wait_timeout_seconds"> &
  Partial<Message<typeof lockRequest>>;

/** The order of the checks is section 3's; the key of a lock that was not granted means nothing. */
export function lock(fields: LockFields, patience: Patience, caller: Caller): PreparedCall {
  const { name, size = 1, lock_timeout_seconds: leaseSeconds = 0 } = fields;
  const waitSeconds = patience.type === "none" ? 0 : (fields.wait_timeout_seconds ?? 0);
  if (leaseSeconds < 0) return notLocked(name, leaseTooShort);
  if (waitSeconds < 0) return notLocked(name, waitTooShort);
  if (patience.type === "bounded" && waitSeconds * 1000 > patience.waitMsMax) {
    return notLocked(name, waitTooLong(patience.waitMsMax));
  }
  const key = caller.newKey();
  if (name === "") return notLocked(name, nameEmpty, key);
  if (size <= 0) return notLocked(name, sizeTooSmall, key);
  const isEndless = patience.type === "any" && waitSeconds === 0;
  const command: Acquire = {
    type: "acquire",
    session: caller.session,
    request: caller.nextRequest(),
    namespace: caller.namespace,
    claims: [{ mode: "slot", path: [name], size }],
    ...(!isEndless && { waitMs: waitSeconds * 1000 }),
    ...(leaseSeconds > 0 && { leaseMs: leaseSeconds * 1000 }),
    key,
    ...(caller.keepsLocks && { outlivesSession: true }),
  };
  return {
    type: "ask",
    command,
    answer: (outcome) => ({
      body: { locked: outcome.type === "granted", name, key, error: errorOf(outcome, errorNames) },
      grant: outcome.type === "granted" ? outcome : undefined,
    }),
  };
}

export function unlock({ name, key }: Message<typeof unlockRequest>, caller: Caller): PreparedCall {
  const command: Release = {
    type: "release",
    session: caller.session,
    request: caller.nextRequest(),
    target: heldLock(name, key, caller),
  };
  return {
    type: "ask",
    command,
    answer: (outcome) => ({
      body: { unlocked: outcome.type === "released", name, error: errorOf(outcome, errorNames) },
      grant: undefined,
    }),
  };
}

export function renew(fields: Message<typeof renewRequest>, caller: Caller): PreparedCall {
  const { name, key, lock_timeout_seconds: leaseSeconds } = fields;
  if (leaseSeconds <= 0) return notLocked(name, leaseTooShort);
  const command: Renew = {
    type: "renew",
    session: caller.session,
    request: caller.nextRequest(),
    target: heldLock(name, key, caller),
    leaseMs: leaseSeconds * 1000,
  };
  return {
    type: "ask",
    command,
    answer: (outcome) => ({
      body: {
        locked: outcome.type === "renewed",
        name,
        key,
        error: errorOf(outcome, renewErrorNames),
      },
      grant: outcome.type === "renewed" ? outcome : undefined,
    }),
  };
}

/** Takes the request for a lock back: out of the line, or what was granted by then. */
export function withdrawal(
  { session, request }: Acquire,
  { nextRequest }: Pick<Caller, "nextRequest">,
): Release {
  return { type: "release", session, request: nextRequest(), target: { type: "request", request } };
}

/** The answer to what was asked wrongly. */
function notLocked(name: string, error: LdlmError, key = ""): PreparedCall {
  return {
    type: "answer",
    answer: { body: { locked: false, name, key, error }, grant: undefined },
  };
}

function heldLock(name: string, key: string, { namespace }: Caller): Release["target"] {
  return { type: "key", namespace, path: [name], key: key as LockKey };
}
