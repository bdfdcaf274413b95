/**
 * How a request of LDLM over HTTP and JSON is answered; docs/protocols/ldlm.md, section 4. A request passes
 *
 *   origin --> password --> session routes --> cookie --> path --> method --> body --> locks
 *     403        401         200 201 409 500     401       404      501     400 415     200
 *
 * From the cookie on, every answer depends on whether the session is alive. The last step, a command for
 * the locks or a `touch_session`, finds out and otherwise ends in 401.
 */
import type { Command, RequestedCommand } from "../../core/command.ts";
import type { Effect, Outcome } from "../../core/effect.ts";
import type { SessionId } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import { type Behavior, none, type Step, say, silence } from "../conversation.ts";
import { isFromBrowser, isJsonContent, isOriginAllowed, withHeaders } from "../http.ts";
import type { Judgement } from "../identity.ts";
import { nowJudged, whenJudged } from "../judging.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { answerOf, tryPrepare, withdrawal } from "./calls.ts";
import { JsonMessageError } from "./json-message.ts";
import { basicCredentials } from "./password.ts";
import * as responses from "./responses.ts";
import { restCalls } from "./rest-calls.ts";
import type { About, Cookie, LdlmRestTalk } from "./rest-talk.ts";
import {
  emptySessionCookie,
  sessionCookie,
  sessionOfSecret,
  sessionSecret,
} from "./session-cookie.ts";

type Reaction = Step<HttpResponse>;

export const ldlmRestBehavior: Behavior<LdlmRestTalk, HttpRequest, HttpResponse> = {
  receive,
  worked: (talk, _, result) =>
    nowJudged(talk, result, (request, judgement) => admit(talk, request, judgement)),
  deliver,
  refuse: (talk, _, reason) => answer(talk, responses.unavailable(reason)),
  /** The request keeps no place in line for a client that may be gone, but still gets an answer that is due. */
  finish(talk) {
    talk.isSilent = true;
    return talk.isWaiting ? giveUp(talk, "the client is gone") : silence;
  },
  stop: (talk) => (talk.isWaiting ? giveUp(talk, "the server is stopping") : silence),
  end: withdrawals,
  pendingCount: ({ asked }) => (asked === undefined ? 0 : 1),
};

function receive(talk: LdlmRestTalk, request: HttpRequest): Reaction {
  const { identity, allowedOrigins } = talk.options;
  const { headers, remoteAddress } = request;
  if (!isOriginAllowed(request, allowedOrigins)) return say(responses.originForbidden);
  const judged = identity.authenticate(basicCredentials(headers.authorization), remoteAddress);
  return whenJudged(talk, request, judged, (_, judgement) => admit(talk, request, judgement));
}

function admit(talk: LdlmRestTalk, request: HttpRequest, judgement: Judgement): Reaction {
  if (judgement.type === "refused") {
    const isSlowed = judgement.reason === "too_many_guesses";
    return say(isSlowed ? responses.tooManyGuesses : responses.passwordNeeded);
  }
  const { method, path, headers } = request;
  const secret = sessionSecret(headers.cookie);
  if (path === "/session" && method === "POST") return openSession(talk, request);
  if (path === "/session" && method === "DELETE") return closeSession(talk, secret);
  if (secret === undefined) return say(responses.cookieMissing);
  return inSession(talk, secret, request);
}

/** Opens a new session even for a client that has one. */
function openSession(talk: LdlmRestTalk, request: HttpRequest): Reaction {
  const { node, sessionIdleMs, newSecret, nextRequest } = talk.options;
  const secret = newSecret();
  const command: RequestedCommand = {
    type: "open_session",
    node,
    session: sessionOfSecret(secret),
    request: nextRequest(),
    api: "ldlm",
    life: { type: "idle", idleMs: sessionIdleMs },
    origin: originOf(request),
  };
  const cookie = { secret, isEncrypted: request.isEncrypted };
  return ask(talk, command, { type: "opening", cookie });
}

function closeSession(talk: LdlmRestTalk, secret: string | undefined): Reaction {
  if (secret === undefined) return say(responses.nothingToDelete);
  const session = sessionOfSecret(secret);
  const request = talk.options.nextRequest();
  return ask(talk, { type: "close_session", session, request }, { type: "closing" });
}

function inSession(talk: LdlmRestTalk, secret: string, request: HttpRequest): Reaction {
  const { options } = talk;
  const { method, path, headers, body } = request;
  const session = sessionOfSecret(secret);
  const cookie: Cookie = { secret, isEncrypted: request.isEncrypted };
  const answerIfAlive = (response: HttpResponse) => touch(talk, session, { cookie, response });
  const prepare = restCalls.get(path);
  if (prepare === undefined) return answerIfAlive(responses.pathUnknown);
  if (method !== "POST") return answerIfAlive(responses.methodNotAllowed);
  if (isFromBrowser(headers) && body.length > 0 && !isJsonContent(headers)) {
    return answerIfAlive(responses.typeUnsupported);
  }
  const prepared = tryPrepare(() => prepare(body, session, options), JsonMessageError);
  switch (prepared.type) {
    case "error":
      return answerIfAlive(responses.bodyError(prepared.message));
    case "answer":
      return answerIfAlive(responses.callAnswer(prepared.answer, options));
    case "ask": {
      const call = prepared.asked;
      return ask(talk, call.command, { type: "call", cookie, call });
    }
  }
}

function touch(
  talk: LdlmRestTalk,
  session: SessionId,
  about: { readonly cookie: Cookie; readonly response: HttpResponse },
): Reaction {
  const request = talk.options.nextRequest();
  return ask(talk, { type: "touch_session", session, request }, { type: "answer", ...about });
}

function ask(talk: LdlmRestTalk, command: RequestedCommand, about: About): Reaction {
  talk.asked = { request: command.request, about };
  return { commands: [command], output: none };
}

function deliver(talk: LdlmRestTalk, { request, outcome }: Effect): Reaction {
  const { asked } = talk;
  if (asked === undefined || asked.request !== request) return silence;
  if (outcome.type !== "waiting") return answer(talk, responseOf(talk, asked.about, outcome));
  talk.isWaiting = true;
  return talk.isSilent ? giveUp(talk, "the client is gone") : silence;
}

function responseOf(talk: LdlmRestTalk, about: About, outcome: Outcome): HttpResponse {
  const isRejected = outcome.type === "rejected";
  switch (about.type) {
    case "opening": {
      if (isRejected) return responses.unavailable(outcome.reason);
      const { cookie } = about;
      return responses.sessionAnswer(201, cookie.secret, freshCookie(talk, cookie));
    }
    case "closing":
      if (isRejected) return responses.sessionNotFound;
      return responses.sessionAnswer(200, "", emptySessionCookie);
    case "answer":
      return isSessionOver(outcome)
        ? responses.sessionOver
        : withCookie(talk, about.cookie, about.response);
    case "call": {
      if (isSessionOver(outcome)) return responses.sessionOver;
      const response = responses.callAnswer(answerOf(about.call, outcome), talk.options);
      return withCookie(talk, about.cookie, response);
    }
    default:
      return unreachable(about);
  }
}

function isSessionOver(outcome: Outcome): boolean {
  return outcome.type === "rejected" && outcome.code === "session_ended";
}

/** Every answer to a live session sets its cookie again, with a new date. */
function withCookie(talk: LdlmRestTalk, cookie: Cookie, response: HttpResponse): HttpResponse {
  return withHeaders(response, { "Set-Cookie": freshCookie(talk, cookie) });
}

function freshCookie({ options }: LdlmRestTalk, { secret, isEncrypted }: Cookie): string {
  const { now, sessionIdleMs: maxAgeMs } = options;
  return sessionCookie(secret, { now: now(), maxAgeMs, isEncrypted });
}

function answer(talk: LdlmRestTalk, response: HttpResponse): Reaction {
  talk.asked = undefined;
  return say(response);
}

function giveUp(talk: LdlmRestTalk, reason: string): Reaction {
  const owed = withdrawals(talk);
  return { ...answer(talk, responses.unavailable(reason)), owed };
}

/** The commands that withdraw a request for a lock: no client would learn of the grant and release it. */
function withdrawals({ asked, options }: LdlmRestTalk): readonly Command[] {
  if (asked?.about.type !== "call") return none;
  const { command } = asked.about.call;
  return command.type === "acquire" ? [withdrawal(command, options)] : none;
}
