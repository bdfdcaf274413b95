import { type Credentials, noCredentials } from "../identity.ts";

/**
 * The password in HTTP Basic (RFC 7617), with any user name: everything after the first colon. Like upstream,
 * accepts only the usual spelling of the scheme.
 */
export function basicCredentials(authorization: string | undefined): Credentials {
  if (!authorization?.startsWith("Basic ")) return noCredentials;
  const credentials = Buffer.from(authorization.slice("Basic ".length), "base64");
  const colon = credentials.indexOf(":");
  if (colon === -1) return noCredentials;
  return { type: "password", password: credentials.subarray(colon + 1) };
}

/** The same for gRPC, whose `authorization` is the bare password; docs/protocols/ldlm.md, section 2. */
export function bareCredentials(authorization: string | undefined): Credentials {
  if (authorization === undefined) return noCredentials;
  return { type: "password", password: Buffer.from(authorization, "latin1") };
}
