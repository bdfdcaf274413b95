import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Returns a check for `Authorization` headers with the password in HTTP Basic (RFC 7617) and any user
 * name. It takes equally long for every wrong password. Without a configured password all pass.
 */
export function passwordCheck(
  password: string | undefined,
): (authorization: string | undefined) => boolean {
  if (password === undefined) return () => true;
  const expected = digest(Buffer.from(password));
  return (authorization) => {
    const given = basicPassword(authorization);
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

/**
 * The same for gRPC, whose `authorization` is the bare password; docs/protocols/ldlm.md, section 2. The
 * check returns the error, or `undefined` when the call may pass.
 */
export function credentialsCheck(
  password: string | undefined,
): (authorization: string | undefined) => string | undefined {
  if (password === undefined) return () => undefined;
  const expected = digest(Buffer.from(password));
  return (authorization) => {
    if (authorization === undefined) return "missing credentials";
    const given = digest(Buffer.from(authorization, "latin1"));
    return timingSafeEqual(given, expected) ? undefined : "invalid credentials";
  };
}

/** Everything after the first colon. Like upstream, accepts only the usual spelling of the scheme. */
function basicPassword(authorization: string | undefined): Buffer | undefined {
  if (!authorization?.startsWith("Basic ")) return undefined;
  const credentials = Buffer.from(authorization.slice("Basic ".length), "base64");
  const colon = credentials.indexOf(":");
  return colon === -1 ? undefined : credentials.subarray(colon + 1);
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
