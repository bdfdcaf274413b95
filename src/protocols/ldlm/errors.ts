import type { Outcome } from "../../core/effect.ts";
import type { RejectionCode } from "../../core/rejection.ts";
import type { ErrorCode } from "./messages.ts";

/** The error inside the answer to a call; docs/protocols/ldlm.md, section 2. */
export interface LdlmError {
  readonly code: ErrorName;
  readonly message: string;
}

/** The codes that the server sends. */
export type ErrorName = Exclude<ErrorCode, "NotLocked">;

/** The errors of invalid requests, which the server answers without a command. */
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
/** In the words of the core, which has the same limit. */
export function nameTooLong(bytesMax: number): LdlmError {
  return { code: "Unknown", message: `a name has at most ${bytesMax} bytes` };
}
export const sizeTooSmall: LdlmError = {
  code: "InvalidLockSize",
  message: "lock size must be greater than 0",
};

/**
 * Codes for the rejections of lock and unlock; `undefined`: no error, just not locked. An HTTP or gRPC
 * status answers `session_ended` earlier.
 */
export const errorNames = {
  invalid_argument: "Unknown",
  not_found: "LockDoesNotExist",
  already_exists: "Unknown",
  permission_denied: "Unknown",
  lock_held: undefined,
  not_holder: "InvalidLockKey",
  size_mismatch: "LockSizeMismatch",
  wait_timeout: "LockWaitTimeout",
  attempts_spent: "Unknown",
  limit_exceeded: "Unknown",
  session_ended: "Unknown",
  cancelled: "Unknown",
} as const satisfies ErrorNames;

/** Renew has one code for everything that it cannot renew; `invalid_argument`: the lock has no lease. */
export const renewErrorNames = {
  ...errorNames,
  invalid_argument: "LockDoesNotExistOrInvalidKey",
  not_found: "LockDoesNotExistOrInvalidKey",
  not_holder: "LockDoesNotExistOrInvalidKey",
} as const satisfies ErrorNames;

export type ErrorNames = Readonly<Record<RejectionCode, ErrorName | undefined>>;

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

/** The errors for names so long that no lock has them. */
export const nameUnknown: LdlmError = errorNamed("LockDoesNotExist");
export const notRenewable: LdlmError = errorNamed("LockDoesNotExistOrInvalidKey");

function errorNamed(code: keyof typeof messages): LdlmError {
  return { code, message: messages[code] };
}
