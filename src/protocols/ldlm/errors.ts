import type { Outcome } from "../../core/effect.ts";
import type { RejectionCode } from "../../core/rejection.ts";
import type { ErrorCode } from "./messages.ts";

/** What is wrong with a call, inside its answer; docs/protocols/ldlm.md, section 2. */
export interface LdlmError {
  readonly code: ErrorName;
  readonly message: string;
}

/** Those that are ever sent. */
export type ErrorName = Exclude<ErrorCode, "NotLocked">;

/** One for each way in which a request asks for what cannot be, so that the locks are not asked. */
export const nameEmpty: LdlmError = { code: "Unknown", message: "lock name cannot be empty" };
export const leaseTooShort: LdlmError = {
  code: "Unknown",
  message: "lock timeout must be greater than 0",
};
export const waitTooShort: LdlmError = {
  code: "Unknown",
  message: "wait timeout must be greater than 0",
};
export function waitTooLong(waitMsMax: number): LdlmError {
  const seconds = Math.floor(waitMsMax / 1000);
  return { code: "Unknown", message: `wait timeout must be at most ${seconds} here` };
}
export const sizeTooSmall: LdlmError = {
  code: "InvalidLockSize",
  message: "lock size must be greater than 0",
};

/**
 * The names of rejections of lock and unlock; `undefined`: no error, just not locked. A
 * `session_ended` is answered before with an HTTP status.
 */
export const errorNames = {
  invalid_argument: "Unknown",
  not_found: "LockDoesNotExist",
  already_exists: "Unknown",
  lock_held: undefined,
  not_holder: "InvalidLockKey",
  size_mismatch: "LockSizeMismatch",
  wait_timeout: "LockWaitTimeout",
  limit_exceeded: "Unknown",
  session_ended: "Unknown",
  cancelled: "Unknown",
} as const satisfies ErrorNames;

/** Renew has one name for all that it cannot renew; `invalid_argument`: the holder has no lease. */
export const renewErrorNames = {
  ...errorNames,
  invalid_argument: "LockDoesNotExistOrInvalidKey",
  not_found: "LockDoesNotExistOrInvalidKey",
  not_holder: "LockDoesNotExistOrInvalidKey",
} as const satisfies ErrorNames;

type ErrorNames = Readonly<Record<RejectionCode, ErrorName | undefined>>;

export function errorOf(outcome: Outcome, names: ErrorNames): LdlmError | undefined {
  if (outcome.type !== "rejected") return undefined;
  const code = names[outcome.code];
  if (code === undefined) return undefined;
  return { code, message: code === "Unknown" ? outcome.reason : messages[code] };
}

const messages = {
  LockDoesNotExist: "a lock by that name does not exist",
  InvalidLockKey: "invalid lock key",
  LockWaitTimeout: "timeout waiting to acquire lock",
  LockDoesNotExistOrInvalidKey: "lock does not exist or invalid key",
  LockSizeMismatch: "lock size mismatch",
  InvalidLockSize: sizeTooSmall.message,
} as const satisfies Record<Exclude<ErrorName, "Unknown">, string>;
