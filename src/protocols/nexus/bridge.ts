/**
 * How one HTTP request is answered (docs/protocols/nexus.md, section 2): its body is a call, on a connection of its own that
 * ends with the answer.
 *
 *   origin ──▶ method ──▶ body ──▶ login, if there is Basic authentication ──▶ the call ──▶ answer
 *     403       200      200, 204    200                                                    200
 */
import { type Behavior, type Step, say, silence } from "../conversation.ts";
import { isOriginAllowed, isPreflight, preflightAnswer, withHeaders } from "../http.ts";
import { feedJson, nextJson } from "../json-stream.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { doingOf, nexusBehavior, perform, type Reaction } from "./behavior.ts";
import { type Answer, type Doing, followed } from "./doing.ts";
import { answerEnd, errorText, jsonOf } from "./encode.ts";
import { rpcError, rpcErrors } from "./errors.ts";
import type { NexusOptions } from "./options.ts";
import { paramsIn } from "./params.ts";
import { nullText, readRequest } from "./request.ts";
import { createTalk, type NexusOpener, type NexusTalk } from "./talk.ts";

export interface BridgeTalk extends NexusTalk {
  /** The credentials of the request were wrong. */
  hasFailedLogin: boolean;
  /** The headers of the answer that a browser asks for. */
  headers: Readonly<Record<string, string>>;
}

export function createBridgeTalk(options: NexusOptions, opener: NexusOpener): BridgeTalk {
  const talk = createTalk(options, opener);
  return { ...talk, idleMs: Number.POSITIVE_INFINITY, hasFailedLogin: false, headers: {} };
}

export const bridgeBehavior: Behavior<BridgeTalk, HttpRequest, HttpResponse> = {
  receive,
  deliver: (talk, effect) => responded(talk, nexusBehavior.deliver(talk, effect)),
  refuse: (talk, request, reason) => responded(talk, nexusBehavior.refuse(talk, request, reason)),
  hear: (talk, effect) => responded(talk, nexusBehavior.hear?.(talk, effect) ?? silence),
  worked: (talk, job, result) =>
    responded(talk, nexusBehavior.worked?.(talk, job, result) ?? silence),
  /** The client still reads its answer, or is gone for good. */
  finish: () => silence,
  review: (talk) => responded(talk, nexusBehavior.review?.(talk) ?? silence),
  stop: (talk) => responded(talk, nexusBehavior.stop(talk)),
  end: nexusBehavior.end,
  pendingCount: nexusBehavior.pendingCount,
};

const methodsAllowed = "POST, GET";
const headersAllowed = "Accept, Content-Type, Content-Length, Accept-Encoding, Authorization";

function receive(talk: BridgeTalk, request: HttpRequest): Step<HttpResponse> {
  const { origin } = request.headers;
  if (!isOriginAllowed(request, talk.options.allowedOrigins)) return say(response(403, ""));
  if (origin !== undefined) {
    talk.headers = { "Access-Control-Allow-Origin": origin, Vary: "Origin" };
  }
  if (isPreflight(request)) {
    const answer = response(200, "");
    const allowed = preflightAnswer(methodsAllowed, headersAllowed);
    return say(withHeaders(answer, { ...talk.headers, ...allowed }));
  }
  const isCall = request.method === "POST" || request.method === "GET";
  if (!isCall) return say(withHeaders(response(200, ""), talk.headers));
  return responded(talk, answerTo(talk, request));
}

function answerTo(talk: BridgeTalk, { body, headers }: HttpRequest): Reaction {
  feedJson(talk.stream, body);
  // A number ends with what is behind it.
  feedJson(talk.stream, lineEnd);
  const piece = nextJson(talk.stream);
  if (piece?.type !== "value") return say(errorText(nullText, rpcError("parse_error")));
  const request = readRequest(piece.text);
  if (request.type === "fault") return say(errorText(request.id, request.error));
  if (request.type === "notification") return say("");
  const credentials = basicIn(headers.authorization);
  if (credentials === undefined) return perform(talk, request.id, doingOf(talk, request));
  const params = paramsIn(jsonOf(credentials));
  const login: Doing = doingOf(talk, { type: "call", id: nullText, method: "sys.login", params });
  const doing = followed(login, (answer: Answer) => {
    if (answer.type === "result") return doingOf(talk, request);
    talk.hasFailedLogin = true;
    return answer;
  });
  return perform(talk, request.id, doing);
}

const lineEnd = Buffer.from("\n");

/** Name and password of HTTP Basic (RFC 7617). */
function basicIn(authorization = ""): { readonly user: string; readonly pass: string } | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, "base64").toString();
  const colon = text.indexOf(":");
  return colon === -1
    ? { user: text, pass: "" }
    : { user: text.slice(0, colon), pass: text.slice(colon + 1) };
}

/** The first answer is that of the request. */
function responded(talk: BridgeTalk, { output, end, ...step }: Reaction): Step<HttpResponse> {
  const [text] = output;
  if (text === undefined) {
    return end === undefined ? { ...step, output: [] } : { ...step, output: [], end };
  }
  const body = talk.hasFailedLogin ? loginFailed : text;
  const answer = body === "" ? response(204, "") : response(200, body);
  return { ...step, output: [withHeaders(answer, talk.headers)] };
}

/** In the words of upstream, which differ from those of a call. */
const loginFailed = `${JSON.stringify({
  jsonrpc: "2.0",
  id: 1,
  error: { code: rpcErrors.permission_denied.code, message: "Permission denied [login fail]" },
})}${answerEnd}`;

function response(status: number, body: string): HttpResponse {
  return { status, headers: body === "" ? {} : { "Content-Type": "application/json" }, body };
}
