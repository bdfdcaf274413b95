/** The subprotocol; clients offer it first. */
export const subprotocol = "jsonrpc_2.0";

/**
 * The token that a client offers behind the subprotocol, because browsers allow no other field in a
 * handshake; docs/protocols/softvisio.md, section 1.
 */
export function offeredToken(header: string | undefined): string | undefined {
  const offered = header?.split(",").map((name) => name.trim()) ?? [];
  return offered.find((name) => name !== subprotocol && name !== "");
}
