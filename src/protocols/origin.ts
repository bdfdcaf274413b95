import type { SessionOrigin } from "../core/command.ts";
import { originLengthMax } from "../core/limits.ts";

/** The request or call that opens a session, as far as it tells where the session comes from. */
export interface Opener {
  readonly remoteAddress: string | undefined;
  /** HTTP headers or gRPC metadata; names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/**
 * The origin of a session, for operators: the remote address; the user or token that the peer proved to be,
 * if any; and the client's own name, which it gives in `x-holdfast-client`, or else its user agent.
 */
export function originOf({ remoteAddress, headers }: Opener, principal?: string): SessionOrigin {
  const name = headers["x-holdfast-client"] ?? headers["user-agent"];
  return {
    ...(remoteAddress !== undefined && { address: bounded(remoteAddress) }),
    ...(principal !== undefined && { principal: bounded(principal) }),
    ...(name !== undefined && { name: bounded(name) }),
  };
}

/** Cuts the text to a copy: a slice would keep the whole text in memory. */
function bounded(text: string): string {
  if (text.length <= originLengthMax) return text;
  return Buffer.from(text.slice(0, originLengthMax), "utf16le").toString("utf16le");
}
