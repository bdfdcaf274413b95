import { withHeaders } from "../http.ts";
import { guessesSlowed } from "../identity.ts";
import type { HttpResponse } from "../protocol.ts";
import type { CallAnswer } from "./calls.ts";
import { extraFields, extrasOf } from "./extras.ts";
import type { LdlmRestOptions } from "./options.ts";

/*
 * Errors have one of three shapes, by layer (docs/protocols/ldlm.md, section 4.3): sessions answer
 * `{"error": "…"}`, the transport answers `{"code","message","details"}` with a gRPC status code, and
 * the locks answer an `error` object inside a 200.
 */

const contentType = { "Content-Type": "application/json" };

export const passwordNeeded: HttpResponse = {
  status: 401,
  headers: { "WWW-Authenticate": 'Basic realm="Restricted"' },
  body: "",
};

export const tooManyGuesses = withHeaders(transport(429, 8, guessesSlowed), {
  "Retry-After": "5",
});

export const cookieMissing = session(
  401,
  '{"error": "session cookie not found. create a new session at /session"}',
);
export const sessionOver = session(
  401,
  '{"error": "session cookie invalid or expired. create a new session at /session"}',
);
export const nothingToDelete = session(500, '{"error":"http: named cookie not present"}');
export const sessionNotFound = session(409, '{"error": "session not found"}');

export const pathUnknown = transport(404, 5, "Not Found");
export const methodNotAllowed = transport(501, 12, "Method Not Allowed");
export const originForbidden = transport(403, 7, "Origin Not Allowed");
export const typeUnsupported = transport(415, 3, "Content-Type must be application/json");

export function bodyError(message: string): HttpResponse {
  return transport(400, 3, message);
}

/** The client may retry after a second. */
export function unavailable(message: string): HttpResponse {
  return withHeaders(transport(503, 14, message), { "Retry-After": "1" });
}

/** The `session_id` is the cookie's secret. */
export function sessionAnswer(status: 200 | 201, secret: string, setCookie: string): HttpResponse {
  return withHeaders(session(status, `{"session_id": "${secret}"}`), { "Set-Cookie": setCookie });
}

export function callAnswer(
  { body, grant }: CallAnswer,
  { hasBodyExtras, wallMsOf }: Pick<LdlmRestOptions, "hasBodyExtras" | "wallMsOf">,
): HttpResponse {
  const response = { status: 200, headers: contentType, body: JSON.stringify(body) };
  if (grant === undefined) return response;
  const extras = extrasOf(grant, wallMsOf);
  return {
    ...response,
    headers: { ...contentType, ...extraFields(extras) },
    ...(hasBodyExtras && { body: JSON.stringify({ ...body, ...extras }) }),
  };
}

function session(status: number, body: string): HttpResponse {
  return { status, headers: contentType, body };
}

/** `code` is a gRPC status code; https://grpc.io/docs/guides/status-codes/. */
function transport(status: number, code: number, message: string): HttpResponse {
  const body = JSON.stringify({ code, message, details: [] });
  return { status, headers: contentType, body };
}
