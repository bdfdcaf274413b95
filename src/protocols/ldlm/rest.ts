/**
 * LDLM over HTTP and JSON, without I/O; docs/protocols/ldlm.md, section 4. A request passes
 *
 *   origin --> password --> session routes --> cookie --> path --> method --> body --> locks
 *     403        401         200 201 409 500     401       404      501     400 415     200
 *
 * From the cookie on, every answer depends on whether the session is alive. The last step, a command for
 * the locks or a `touch_session`, finds out and otherwise ends in 401.
 */
import type { Outcome } from "../../core/effect.ts";
import type { SessionId } from "../../core/ids.ts";
import { isFromBrowser, isJsonContent, isOriginAllowed } from "../http.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse, HttpStep } from "../protocol.ts";
import { tryPrepare, withdrawal } from "./calls.ts";
import { JsonMessageError } from "./json-message.ts";
import type { LdlmRestOptions } from "./options.ts";
import { passwordCheck } from "./password.ts";
import * as responses from "./responses.ts";
import { restCalls } from "./rest-calls.ts";
import {
  emptySessionCookie,
  sessionCookie,
  sessionOfSecret,
  sessionSecret,
} from "./session-cookie.ts";

export type { LdlmRestOptions } from "./options.ts";

export interface LdlmRest {
  /** Never throws, whatever the request. */
  handle(request: HttpRequest): HttpStep;
}

export function createLdlmRest(options: LdlmRestOptions): LdlmRest {
  const isPasswordRight = passwordCheck(options.password);
  return {
    handle(request) {
      const { method, path, headers } = request;
      if (!isOriginAllowed(request, options.allowedOrigins)) {
        return answer(responses.originForbidden);
      }
      if (!isPasswordRight(headers.authorization)) return answer(responses.passwordNeeded);
      const secret = sessionSecret(headers.cookie);
      if (path === "/session" && method === "POST") return openSession(options, request);
      if (path === "/session" && method === "DELETE") return closeSession(options, secret);
      if (secret === undefined) return answer(responses.cookieMissing);
      return handleInSession(options, secret, request);
    },
  };
}

/** Opens a new session even for a client that has one. */
function openSession(options: LdlmRestOptions, request: HttpRequest): HttpStep {
  const secret = options.newSecret();
  return {
    type: "ask",
    command: {
      type: "open_session",
      node: options.node,
      session: sessionOfSecret(secret),
      request: options.nextRequest(),
      api: "ldlm",
      life: { type: "idle", idleMs: options.sessionIdleMs },
      origin: originOf(request),
    },
    respond: (outcome) =>
      outcome.type === "rejected"
        ? responses.unavailable(outcome.reason)
        : responses.sessionAnswer(201, secret, freshCookie(options, secret, request)),
    refuse: responses.unavailable,
  };
}

function closeSession(options: LdlmRestOptions, secret: string | undefined): HttpStep {
  if (secret === undefined) return answer(responses.nothingToDelete);
  const session = sessionOfSecret(secret);
  return {
    type: "ask",
    command: { type: "close_session", session, request: options.nextRequest() },
    respond: (outcome) =>
      outcome.type === "rejected"
        ? responses.sessionNotFound
        : responses.sessionAnswer(200, "", emptySessionCookie),
    refuse: responses.unavailable,
  };
}

/** Every answer to a live session sets its cookie again, with a new date. */
function handleInSession(options: LdlmRestOptions, secret: string, request: HttpRequest): HttpStep {
  const { command, respond, ...rest } = inSession(options, sessionOfSecret(secret), request);
  return {
    type: "ask",
    command,
    ...rest,
    respond: (outcome) =>
      isSessionOver(outcome)
        ? responses.sessionOver
        : responses.withHeader(
            respond(outcome),
            "Set-Cookie",
            freshCookie(options, secret, request),
          ),
    refuse: responses.unavailable,
  };
}

/** A session's request: its command, and the answer while the session lives. */
type InSession = Pick<Extract<HttpStep, { type: "ask" }>, "command" | "respond" | "withdraw">;

function inSession(
  options: LdlmRestOptions,
  session: SessionId,
  { method, path, headers, body }: HttpRequest,
): InSession {
  const answerIfAlive = (response: HttpResponse): InSession => ({
    command: { type: "touch_session", session, request: options.nextRequest() },
    respond: () => response,
  });
  const prepare = restCalls.get(path);
  if (prepare === undefined) return answerIfAlive(responses.pathUnknown);
  if (method !== "POST") return answerIfAlive(responses.methodNotAllowed);
  if (isFromBrowser(headers) && body.length > 0 && !isJsonContent(headers)) {
    return answerIfAlive(responses.typeUnsupported);
  }
  const call = tryPrepare(() => prepare(body, session, options), JsonMessageError);
  if (call.type === "error") return answerIfAlive(responses.bodyError(call.message));
  if (call.type === "answer") return answerIfAlive(responses.callAnswer(call.answer));
  const { command, answer } = call;
  return {
    command,
    ...(command.type === "acquire" && { withdraw: () => withdrawal(command, options) }),
    respond: (outcome) => responses.callAnswer(answer(outcome)),
  };
}

function isSessionOver(outcome: Outcome): boolean {
  return outcome.type === "rejected" && outcome.code === "session_ended";
}

function freshCookie(
  options: LdlmRestOptions,
  secret: string,
  { isEncrypted }: HttpRequest,
): string {
  const expiresAt = options.now() + options.sessionIdleMs;
  return sessionCookie(secret, { expiresAt, isEncrypted });
}

function answer(response: HttpResponse): HttpStep {
  return { type: "answer", response };
}
