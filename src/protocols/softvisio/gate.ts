import type { RpcErrorName } from "./errors.ts";

/** Access by token; docs/protocols/softvisio.md, section 7. */
export interface Gate {
  /** Whether clients need a token. Otherwise tokens are ignored. */
  readonly isClosed: boolean;
  /** Whether the token is valid now. Takes equally long for every invalid token. */
  admits(token: string): boolean;
  /** The name of a valid token, for operators. */
  nameOf(token: string): string | undefined;
}

/** The error of a connection with this token; `undefined` admits it. */
export function gateError(
  { isClosed, admits }: Gate,
  token: string | undefined,
): RpcErrorName | undefined {
  if (!isClosed) return undefined;
  if (token === undefined) return "access_denied";
  return admits(token) ? undefined : "session_deleted";
}
