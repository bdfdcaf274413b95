import type { SessionOrigin } from "../core/command.ts";
import { originLengthMax } from "../core/limits.ts";
import type { Principal } from "./identity.ts";

/** The request or call that opens a session, as far as it tells where the session comes from. */
export interface Opener {
  readonly remoteAddress: string | undefined;
  /** HTTP headers or gRPC metadata; names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/**
 * The origin of a session, for operators: the remote address, and the client's own name, which it gives in
 * `x-holdfast-client`, or else its user agent.
 */
export function originOf({ remoteAddress, headers }: Opener): SessionOrigin {
  const name = headers["x-holdfast-client"] ?? headers["user-agent"];
  return {
    ...(remoteAddress !== undefined && { address: bounded(remoteAddress) }),
    ...(name !== undefined && { name: bounded(name) }),
  };
}

/** Adds the name of the principal, if it has one. */
export function withPrincipal(origin: SessionOrigin, principal: Principal): SessionOrigin {
  if (principal.type !== "api_token") return origin;
  return { ...origin, principal: bounded(principal.name) };
}

/** Cuts the text to a copy: a slice would keep the whole text in memory. */
function bounded(text: string): string {
  if (text.length <= originLengthMax) return text;
  return Buffer.from(text.slice(0, originLengthMax), "utf16le").toString("utf16le");
}
