import type { HttpResponse } from "../protocol.ts";
import type { CallAnswer } from "./calls.ts";

/*
 * Errors have three shapes, by the layer that speaks (docs/protocols/ldlm.md, section 4.3): sessions
 * say `{"error": "…"}`, the transport says `{"code","message","details"}` with a gRPC status code, and
 * the locks say an `error` object inside a 200.
 */

const contentType = { "Content-Type": "application/json" };

export const passwordNeeded: HttpResponse = {
  status: 401,
  headers: { "WWW-Authenticate": 'Basic realm="Restricted"' },
  body: "",
};

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

/** The client may ask again, after a second. */
export function unavailable(message: string): HttpResponse {
  return withHeader(transport(503, 14, message), "Retry-After", "1");
}

/** A `session_id` is the secret, as in the cookie. */
export function sessionAnswer(status: 200 | 201, secret: string, setCookie: string): HttpResponse {
  return withHeader(session(status, `{"session_id": "${secret}"}`), "Set-Cookie", setCookie);
}

/** Beside LDLM's own fields: the fencing token, and the end of the lease in Unix ms if there is one. */
export function callAnswer({ body, grant }: CallAnswer): HttpResponse {
  const extra = grant && { token: grant.token, lease_until: grant.leaseUntil };
  return { status: 200, headers: contentType, body: JSON.stringify({ ...body, ...extra }) };
}

export function withHeader(response: HttpResponse, name: string, value: string): HttpResponse {
  return { ...response, headers: { ...response.headers, [name]: value } };
}

function session(status: number, body: string): HttpResponse {
  return { status, headers: contentType, body };
}

/** The code is gRPC's; https://grpc.io/docs/guides/status-codes/. */
function transport(status: number, code: number, message: string): HttpResponse {
  const body = JSON.stringify({ code, message, details: [] });
  return { status, headers: contentType, body };
}
