/** The calls of LDLM, over gRPC and REST alike; docs/protocols/ldlm.md, sections 2 and 3. */
import type { Acquire, Release, Renew } from "../../core/command.ts";
import {
  type Granted,
  type LockApiOutcome,
  lockApiOutcome,
  type Outcome,
  type Renewed,
} from "../../core/effect.ts";
import type { LockKey, Namespace, RequestId, SessionId } from "../../core/ids.ts";
import { isLongerThan } from "../../core/limits.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { Message } from "../grpc/mod.ts";
import {
  type ErrorNames,
  errorNames,
  errorOf,
  type LdlmError,
  leaseTooShort,
  nameEmpty,
  nameTooLong,
  nameUnknown,
  notRenewable,
  renewErrorNames,
  sizeTooSmall,
  waitTooLong,
  waitTooShort,
} from "./errors.ts";
import type { Grant } from "./extras.ts";
import type {
  lockRequest,
  lockResponse,
  renewRequest,
  unlockRequest,
  unlockResponse,
} from "./messages.ts";

/** The caller's session, and the ids that its calls need. */
export interface Caller {
  readonly session: SessionId;
  /** The namespace of LDLM's names. */
  readonly namespace: Namespace;
  /** Whether locks outlive the session. */
  readonly keepsLocks: boolean;
  /** UTF-8 bytes of a lock's name. */
  readonly nameBytesMax: number;
  /** A request id that is new to the log. */
  nextRequest(): RequestId;
  /** A fresh UUID, version 4, in lower case. */
  newKey(): LockKey;
}

/** A call after its checks: a command, or an answer without one. */
export type PreparedCall =
  | { readonly type: "ask"; readonly asked: AskedCall }
  | { readonly type: "answer"; readonly answer: CallAnswer };

/** A call whose command brings the answer. */
export interface AskedCall {
  readonly command: Acquire | Release | Renew;
  readonly name: string;
  /** The key that the client is sent; the answer to an unlock has none. */
  readonly key: string;
}

/** The answer to the outcome of the call's command. */
export function answerOf({ command, name, key }: AskedCall, outcome: Outcome): CallAnswer {
  switch (command.type) {
    case "acquire":
      return lockAnswer({ name, key }, outcome, { ...command, names: errorNames });
    case "renew":
      return lockAnswer({ name, key }, outcome, { ...command, names: renewErrorNames });
    case "release": {
      const unlocked = outcome.type === "released";
      return { body: { unlocked, name, error: errorOf(outcome, errorNames) }, grant: undefined };
    }
    default:
      return unreachable(command);
  }
}

/** Whether the call may wait in line. */
export function isPatient({ command }: AskedCall): boolean {
  return command.type === "acquire" && command.waitMs !== 0;
}

/** Prepares a call, or returns the message of the error with which `prepare` rejects a malformed request. */
export function tryPrepare(
  prepare: () => PreparedCall,
  Malformed: new (message: string) => Error,
): PreparedCall | { readonly type: "error"; readonly message: string } {
  try {
    return prepare();
  } catch (error) {
    if (error instanceof Malformed) return { type: "error", message: error.message };
    throw error;
  }
}

export interface CallAnswer {
  readonly body: LockAnswer | UnlockAnswer;
  readonly grant: Grant | undefined;
}

type LockAnswer = Message<typeof lockResponse>;
type UnlockAnswer = Message<typeof unlockResponse>;

/** How the server treats the requested wait for a lock. */
export type Patience =
  /** Ignores it. */
  | { readonly type: "none" }
  /** Without one the call waits for ever. */
  | { readonly type: "any" }
  /** Without one the call does not wait. */
  | { readonly type: "bounded"; readonly waitMsMax: number };

type LockFields = Omit<Message<typeof lockRequest>, "wait_timeout_seconds"> &
  Partial<Message<typeof lockRequest>>;

/** The checks follow the order of section 3. The key of a lock that was not granted is meaningless. */
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
  if (isTooLong(name, caller)) return notLocked(name, nameTooLong(caller.nameBytesMax), key);
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
  return { type: "ask", asked: { command, name, key } };
}

export function unlock(fields: Message<typeof unlockRequest>, caller: Caller): PreparedCall {
  const { name } = fields;
  if (isTooLong(name, caller)) return answered({ unlocked: false, name, error: nameUnknown });
  const key = boundedKey(fields.key);
  const command: Release = {
    type: "release",
    session: caller.session,
    request: caller.nextRequest(),
    target: heldLock(name, key, caller),
  };
  return { type: "ask", asked: { command, name, key } };
}

export function renew(fields: Message<typeof renewRequest>, caller: Caller): PreparedCall {
  const { name, lock_timeout_seconds: leaseSeconds } = fields;
  if (leaseSeconds <= 0) return notLocked(name, leaseTooShort);
  if (isTooLong(name, caller)) return notLocked(name, notRenewable);
  const key = boundedKey(fields.key);
  const command: Renew = {
    type: "renew",
    session: caller.session,
    request: caller.nextRequest(),
    target: heldLock(name, key, caller),
    leaseMs: leaseSeconds * 1000,
  };
  return { type: "ask", asked: { command, name, key } };
}

function lockAnswer(
  lock: Pick<LockAnswer, "name" | "key">,
  outcome: Outcome,
  { names, leaseMs }: { readonly names: ErrorNames; readonly leaseMs?: number },
): CallAnswer {
  const granted = grantOf(lockApiOutcome(outcome));
  const locked = granted !== undefined;
  const grant = granted && { outcome: granted, leaseMs };
  return { body: { locked, ...lock, error: errorOf(outcome, names) }, grant };
}

function grantOf(outcome: LockApiOutcome): Granted | Renewed | undefined {
  switch (outcome.type) {
    case "granted":
    case "renewed":
      return outcome;
    case "rejected":
    case "waiting":
    case "released":
    case "released_by_other":
    case "lease_expired":
    case "revoked":
    case "session_opened":
    case "session_touched":
    case "session_closed":
    case "session_kicked":
      return undefined;
    default:
      return unreachable(outcome);
  }
}

/** Withdraws the request for a lock: ends its wait, or releases the lock if it is granted by then. */
export function withdrawal(
  { session, request }: Acquire,
  { nextRequest }: Pick<Caller, "nextRequest">,
): Release {
  return { type: "release", session, request: nextRequest(), target: { type: "request", request } };
}

/** Such a name never reaches the log, and the server does not keep it until an outcome. */
function isTooLong(name: string, { nameBytesMax }: Caller): boolean {
  return isLongerThan(name, nameBytesMax);
}

/** UTF-16 code units of a key. Those that the server gives are much shorter. */
const keyLengthMax = 256;

/** The empty key belongs to no lock, either. */
function boundedKey(key: string): string {
  return key.length > keyLengthMax ? "" : key;
}

/** The answer to an invalid request. */
function notLocked(name: string, error: LdlmError, key = ""): PreparedCall {
  return answered({ locked: false, name, key, error });
}

function answered(body: CallAnswer["body"]): PreparedCall {
  return { type: "answer", answer: { body, grant: undefined } };
}

function heldLock(name: string, key: string, { namespace }: Caller): Release["target"] {
  return { type: "key", namespace, path: [name], key: key as LockKey };
}
