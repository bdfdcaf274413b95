import type { Rejection, RejectionCode } from "../../core/rejection.ts";
import type { CredentialsFault } from "../identity.ts";

/**
 * The errors of calls (docs/protocols/softvisio.md, section 6): code and message in JSON-RPC, and the
 * status of the answer over HTTP.
 */
export const rpcErrors = {
  internal_error: { code: 500, text: "Internal Server Error", httpStatus: 500 },
  request_invalid: { code: -32600, text: "Invalid Request", httpStatus: 400 },
  too_many_requests: { code: -32802, text: "Too many requests", httpStatus: 429 },
  content_type_unsupported: { code: -32803, text: "Unsupported content type", httpStatus: 415 },
  http_method_not_allowed: { code: -32804, text: "HTTP method not allowed", httpStatus: 405 },
  body_undecodable: { code: -32807, text: "Unable to decode RPC message body", httpStatus: 400 },
  arguments_invalid: { code: -32808, text: "Arguments validation error", httpStatus: 400 },
  method_not_found: { code: -32809, text: "API method not found", httpStatus: 404 },
  connection_required: {
    code: -32810,
    text: "Persistent connection is required to call API method",
    httpStatus: 400,
  },
  access_denied: { code: -32811, text: "Access denied", httpStatus: 401 },
  authorization_required: { code: -32812, text: "Authorization is required", httpStatus: 401 },
  backend_down: { code: -32814, text: "Backend is down", httpStatus: 503 },
  session_deleted: { code: -32815, text: "Session was deleted", httpStatus: 401 },
  shutting_down: { code: -32816, text: "Service is shutting down", httpStatus: 503 },
} as const;

export type RpcErrorName = keyof typeof rpcErrors;

export interface RpcError {
  readonly name: RpcErrorName;
  /** Details for the author of the call, one sentence each; may be empty. */
  readonly errors: readonly string[];
}

export function rpcError(name: RpcErrorName, errors: readonly string[] = []): RpcError {
  return { name, errors };
}

/** The error of a call whose command the core rejected, unless the rejection is an answer in itself. */
export function rpcErrorOf({ code, reason }: Rejection): RpcError {
  return rpcError(errorNames[code], [reason]);
}

const errorNames = {
  invalid_argument: "internal_error",
  not_found: "internal_error",
  already_exists: "internal_error",
  permission_denied: "access_denied",
  lock_held: "internal_error",
  not_holder: "internal_error",
  size_mismatch: "internal_error",
  wait_timeout: "internal_error",
  attempts_spent: "internal_error",
  limit_exceeded: "too_many_requests",
  session_ended: "too_many_requests",
  cancelled: "internal_error",
} as const satisfies Record<RejectionCode, RpcErrorName>;

/** The error of a client that may not call; docs/protocols/softvisio.md, section 7. */
export const accessErrors = {
  missing: "access_denied",
  wrong: "session_deleted",
  too_many_guesses: "too_many_requests",
} as const satisfies Record<CredentialsFault, RpcErrorName>;

/** RFC 6455, section 7.4. */
export const closeCodes = { goingAway: 1001, policyViolation: 1008, tooLarge: 1009 } as const;
