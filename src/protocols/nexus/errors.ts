import type { JsonText } from "../../core/ids.ts";
import type { Rejection, RejectionCode } from "../../core/rejection.ts";

/** The errors of calls: code and text; docs/protocols/nexus.md, section 4. */
export const rpcErrors = {
  parse_error: { code: -32700, text: "Parse error" },
  invalid_request: { code: -32600, text: "Invalid request" },
  method_not_found: { code: -32601, text: "Method not found" },
  invalid_params: { code: -32602, text: "Invalid params" },
  internal_error: { code: -32603, text: "Internal error" },
  timeout: { code: -32000, text: "Timeout" },
  cancelled: { code: -32001, text: "Cancel" },
  invalid_task: { code: -32002, text: "Invalid task" },
  invalid_pipe: { code: -32003, text: "Invalid pipe" },
  invalid_user: { code: -32004, text: "Invalid user" },
  user_exists: { code: -32005, text: "User already exists" },
  lock_not_owned: { code: -32006, text: "Lock not owned" },
  permission_denied: { code: -32010, text: "Permission denied" },
  ttl_expired: { code: -32011, text: "TTL expired" },
} as const;

export type RpcErrorName = keyof typeof rpcErrors;

export interface RpcError {
  readonly name: RpcErrorName;
  /** For the author of the call: the parameter that is wrong, or why. */
  readonly detail?: string;
}

/** What a worker says, or somebody who settles a task in its place. */
export interface WorkerError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonText;
}

export type CallError = RpcError | WorkerError;

export function rpcError(name: RpcErrorName, detail?: string): RpcError {
  return { name, ...(detail !== undefined && { detail }) };
}

/** The error of a call whose command the core rejected, unless the method has one of its own. */
export function rpcErrorOf({ code, reason }: Rejection): RpcError {
  const name = errorNames[code];
  return rpcError(name, name === "internal_error" ? reason : undefined);
}

const errorNames = {
  invalid_argument: "invalid_params",
  not_found: "internal_error",
  already_exists: "internal_error",
  permission_denied: "permission_denied",
  lock_held: "lock_not_owned",
  not_holder: "lock_not_owned",
  size_mismatch: "lock_not_owned",
  wait_timeout: "timeout",
  attempts_spent: "ttl_expired",
  limit_exceeded: "internal_error",
  session_ended: "internal_error",
  cancelled: "cancelled",
} as const satisfies Record<RejectionCode, RpcErrorName>;
