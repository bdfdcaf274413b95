import type { Rejection, RejectionCode } from "../../core/rejection.ts";

/** The client broke the protocol, so its connection ends. The message is the reason for the client. */
export class CommunicationError extends Error {
  override readonly name = "CommunicationError";
}

/** WebSocket close codes (RFC 6455, section 7.4; libraries may use those from 3000 on). */
export const closeCodes = { goingAway: 1001, communicationError: 3000 } as const;

/** The message before a close with 3000 (docs/protocols/locktopus.md, section 3). */
export function errorText(reason: string): string {
  return `communication error: ${reason}`;
}

/** V1 has no negative answer, so every rejection is a communication error. */
const rejectionWords = {
  invalid_argument: "invalid argument",
  not_found: "not found",
  already_exists: "already exists",
  permission_denied: "permission denied",
  lock_held: "lock is held",
  not_holder: "not the holder",
  size_mismatch: "path is in use as a semaphore",
  wait_timeout: "wait timed out",
  attempts_spent: "attempts are spent",
  limit_exceeded: "limit exceeded",
  session_ended: "session ended",
  cancelled: "cancelled",
} as const satisfies Record<RejectionCode, string>;

export function rejectionReason({ code, reason }: Rejection): string {
  return `${rejectionWords[code]}: ${reason}`;
}
