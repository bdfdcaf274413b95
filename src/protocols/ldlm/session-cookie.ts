import { createHash } from "node:crypto";
import type { SessionId } from "../../core/ids.ts";

const cookieName = "ldlm-session";

/** The value of the request's first session cookie; `undefined` without one. */
export function sessionSecret(cookies: string | undefined): string | undefined {
  for (const cookie of cookies?.split(";") ?? []) {
    const [name, ...value] = cookie.split("=");
    if (name?.trim() === cookieName && value.length > 0) return unquoted(value.join("=").trim());
  }
  return undefined;
}

/** Some clients send the value in quotes; RFC 6265, section 4.1.1. */
function unquoted(value: string): string {
  return /^".*"$/.test(value) ? value.slice(1, -1) : value;
}

/** Hashes the secret, so that logs, backups and listings never show a live cookie. */
export function sessionOfSecret(secret: string): SessionId {
  return `ldlm-${createHash("sha256").update(secret).digest("hex").slice(0, 32)}` as SessionId;
}

export interface CookieOptions {
  /** Unix ms. */
  readonly now: number;
  /** How long the session lives without another request. */
  readonly maxAgeMs: number;
  /** The request came over TLS, so the cookie must never travel in clear text. */
  readonly isEncrypted: boolean;
}

/**
 * A `Set-Cookie` value; RFC 6265, section 4.1. Upstream sends `Expires` alone, which a client judges by its own clock;
 * `Max-Age` counts from the answer and goes before it.
 */
export function sessionCookie(
  secret: string,
  { now, maxAgeMs, isEncrypted }: CookieOptions,
): string {
  const expires = new Date(now + maxAgeMs).toUTCString();
  const life = `Expires=${expires}; Max-Age=${Math.ceil(maxAgeMs / 1000)}`;
  const cookie = `${cookieName}=${secret}; Path=/; ${life}; HttpOnly; SameSite=Strict`;
  return isEncrypted ? `${cookie}; Secure` : cookie;
}

/** Empties the cookie without removing it, because upstream's clients expect that. */
export const emptySessionCookie = `${cookieName}=; Path=/`;
