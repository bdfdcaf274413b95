import { createHash } from "node:crypto";
import type { SessionId } from "../../core/ids.ts";

const cookieName = "ldlm-session";

/** What the request's first cookie of our name says; `undefined` when there is none. */
export function sessionSecret(cookies: string | undefined): string | undefined {
  for (const cookie of cookies?.split(";") ?? []) {
    const [name, ...value] = cookie.split("=");
    if (name?.trim() === cookieName && value.length > 0) return value.join("=").trim();
  }
  return undefined;
}

/** Says nothing of the secret, so that logs, backups and listings never show a live cookie. */
export function sessionOfSecret(secret: string): SessionId {
  return `ldlm-${createHash("sha256").update(secret).digest("hex").slice(0, 32)}` as SessionId;
}

export interface CookieLife {
  /** Unix ms. */
  readonly expiresAt: number;
  /** It came over TLS, and must not travel without. */
  readonly isEncrypted: boolean;
}

/** A `Set-Cookie` value; RFC 6265, section 4.1. */
export function sessionCookie(secret: string, { expiresAt, isEncrypted }: CookieLife): string {
  const expires = new Date(expiresAt).toUTCString();
  const cookie = `${cookieName}=${secret}; Path=/; Expires=${expires}; HttpOnly; SameSite=Strict`;
  return isEncrypted ? `${cookie}; Secure` : cookie;
}

/** Empties the cookie but leaves it in place, as clients of upstream know it. */
export const emptySessionCookie = `${cookieName}=; Path=/`;
