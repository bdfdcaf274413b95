import type { RpcErrorName } from "./errors.ts";

/** Who may come in; docs/protocols/softvisio.md, section 7. */
export interface Gate {
  /** Otherwise nobody is asked for a token, and none is looked at. */
  readonly isClosed: boolean;
  /** Whether the token is good for anything now. In the same time, whatever is wrong with it. */
  admits(token: string): boolean;
}

/** Why the holder of the token, or of none, is not let in over a connection; `undefined`: he is. */
export function gateError(
  { isClosed, admits }: Gate,
  token: string | undefined,
): RpcErrorName | undefined {
  if (!isClosed) return undefined;
  if (token === undefined) return "access_denied";
  return admits(token) ? undefined : "session_deleted";
}
