/**
 * The form of the conformance tables: data that can be fed to the protocol itself or, over a socket,
 * to a whole server. Texts may hold names in angle brackets:
 *
 *   <session-…>  32 hex digits     <uuid-…>  a UUID, version 4     <date>  an HTTP date
 *   <token-…>    a fencing token   <time>    Unix time in milliseconds   <ms>  a duration in milliseconds
 *
 * A name with a suffix stands for whatever it met first in an answer; one without for anything of its
 * kind. `<length>` is the number of bytes in the body of the request.
 */

/** Cases which go one after another to a fresh server. */
export interface Story {
  readonly title: string;
  readonly settings: Settings;
  readonly cases: readonly Case[];
}

/** Sessions are over after ten minutes without a request. */
export interface Settings {
  readonly password?: string;
  /** Every request comes over TLS. */
  readonly isTls?: true;
  /** How long a lock may wait; absent: not at all. */
  readonly waitMsMax?: number;
  readonly allowedOrigins?: readonly string[];
  /** Absent: the answers have the fields of LDLM only. */
  readonly hasBodyExtras?: true;
}

export interface Case {
  /** The section of docs/protocols/ldlm.md. */
  readonly see: string;
  /** What the case shows. */
  readonly that: string;
  /** Time that passes before it is sent. */
  readonly afterMs?: number;
  /** A raw request, one character for each byte. */
  readonly send: string;
  readonly expect: Expected;
}

export interface Expected {
  readonly status: number;
  /** Those that matter; `null`: must not be there. */
  readonly headers: Readonly<Record<string, string | null>>;
  readonly body: string;
}

export interface RequestParts {
  /** `null`: no cookie at all. */
  readonly cookie?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
}

/** A raw request, in the session `<session-a>` unless told otherwise. */
export function request(line: string, parts: RequestParts = {}): string {
  const { cookie = "ldlm-session=<session-a>", headers = [], body } = parts;
  const lines = [
    `${line} HTTP/1.1`,
    "Host: localhost:8080",
    ...(cookie === null ? [] : [`Cookie: ${cookie}`]),
    ...headers,
    ...(body === undefined ? [] : ["Content-Length: <length>"]),
  ];
  return `${lines.join("\r\n")}\r\n\r\n${body ?? ""}`;
}

export const curlType = "Content-Type: application/x-www-form-urlencoded";
export const jsonType = "Content-Type: application/json";

/** What curl sends for `-d`. */
export function post(path: string, body: string): string {
  return request(`POST ${path}`, { headers: [curlType], body });
}

/** Bytes of a text, one character for each. */
export function utf8(text: string): string {
  return Buffer.from(text).toString("latin1");
}

export function cookieOf(session: string): string {
  return `ldlm-session=${session}; Path=/; Expires=<date>; Max-Age=600; HttpOnly; SameSite=Strict`;
}

/** An answer to a living session. */
export function alive(status: number, body: string, session = "<session-a>"): Expected {
  const headers = { "Content-Type": "application/json", "Set-Cookie": cookieOf(session) };
  return { status, headers, body };
}

/** Of a lock that is granted or renewed: what LDLM has no field for is in headers. */
export function locked(
  { name, key }: { readonly name: string; readonly key: string },
  { lease = false, session }: { readonly lease?: boolean; readonly session?: string } = {},
): Expected {
  const body = `{"locked":true,"name":${JSON.stringify(name)},"key":"${key}"}`;
  const { headers, ...rest } = alive(200, body, session);
  return { ...rest, headers: { ...headers, ...extras(lease) } };
}

function extras(lease: boolean): Expected["headers"] {
  return {
    "x-holdfast-token": "<token>",
    "x-holdfast-lease-ms": lease ? "<ms>" : null,
    "x-holdfast-lease-until": lease ? "<time>" : null,
  };
}

/** An answer to nobody's session. */
export function outside(status: number, body: string): Expected {
  return { status, headers: { "Content-Type": "application/json", "Set-Cookie": null }, body };
}

export const cookieMissing = outside(
  401,
  '{"error": "session cookie not found. create a new session at /session"}',
);
export const sessionOver = outside(
  401,
  '{"error": "session cookie invalid or expired. create a new session at /session"}',
);

/** The first case of most stories; the session is `<session-a>`. */
export const opening: Case = {
  see: "4.1",
  that: "POST /session opens a session",
  send: request("POST /session", { cookie: null }),
  expect: alive(201, '{"session_id": "<session-a>"}'),
};
