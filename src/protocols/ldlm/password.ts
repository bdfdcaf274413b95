import { createHash, timingSafeEqual } from "node:crypto";

/**
 * Whether an `Authorization` header gives the password by HTTP Basic (RFC 7617), with any user name.
 * Takes as long for a nearly right password as for any other. Without a password, all pass.
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
 * What is wrong with the `authorization` of a gRPC call, which is the bare password; docs/protocols/ldlm.md,
 * section 2. `undefined`: nothing. As above, nobody learns from the time it takes.
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

/** Everything after the first colon. The scheme is taken in its usual spelling only, as upstream. */
function basicPassword(authorization: string | undefined): Buffer | undefined {
  if (!authorization?.startsWith("Basic ")) return undefined;
  const credentials = Buffer.from(authorization.slice("Basic ".length), "base64");
  const colon = credentials.indexOf(":");
  return colon === -1 ? undefined : credentials.subarray(colon + 1);
}

function digest(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
