/**
 * The methods over HTTP, without those whose result belongs to a connection
 * (docs/protocols/softvisio.md, section 3). A request passes
 *
 *   origin --> preflight --> verb --> token --> content type --> body --> method --> arguments
 *     403         204         405      401         415            400    404, 400       400
 */

import type { SessionId } from "../../core/ids.ts";
import { type Behavior, none, type Step, say, silence, type Talk } from "../conversation.ts";
import {
  isJsonContent,
  isOriginAllowed,
  isPreflight,
  preflightAnswer,
  withHeaders,
} from "../http.ts";
import { type Judgement, tokenCredentials } from "../identity.ts";
import { type Judging, nowJudged, whenJudged } from "../judging.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { badId, isObject, listOf, type RpcRequest, requestOf, tryParse } from "./decode.ts";
import { errorText, type RpcId, type Success, successText } from "./encode.ts";
import { type RpcError, type RpcErrorName, rpcError, rpcErrors } from "./errors.ts";
import { type MethodCall, readMethodCall } from "./methods.ts";
import type { SoftvisioOptions } from "./options.ts";
import { schemaText } from "./schema.ts";

type Answer = Step<HttpResponse>;

/** The data of one request. */
export interface SoftvisioHttpTalk extends Talk, Judging<HttpRequest> {
  readonly options: SoftvisioOptions;
  readonly session: SessionId;
  /** The answer, while publications are on their way to their hearers. */
  publishing: HttpResponse | undefined;
}

export const softvisioHttpBehavior: Behavior<SoftvisioHttpTalk, HttpRequest, HttpResponse> = {
  receive: (talk, request) => afterPublications(talk, receive(talk, request)),
  worked: (talk, _, result) =>
    nowJudged(talk, result, (request, judgement) => {
      const step = withCors(admit(request, judgement, talk.options), request, talk.options);
      return afterPublications(talk, step);
    }),
  deliver: () => silence,
  refuse: () => silence,
  hear({ publishing }, { type }) {
    const isOver = type === "published" || type === "publication_refused";
    return isOver && publishing !== undefined ? say(publishing) : silence;
  },
  stop: () => silence,
  end: () => none,
  pendingCount: () => 0,
};

/** Holds the answer back until the last event has been published, and so all of them. */
function afterPublications(talk: SoftvisioHttpTalk, step: Answer): Answer {
  const last = step.topics?.at(-1);
  if (step.topics === undefined || last?.type !== "publish") return step;
  const { session, options } = talk;
  talk.publishing = step.output[0];
  const answered = { ...last, session, request: options.nextRequest() };
  return { ...silence, topics: [...step.topics.slice(0, -1), answered] };
}

function receive(talk: SoftvisioHttpTalk, request: HttpRequest): Answer {
  const { options } = talk;
  if (!isOwnPath(request.path)) return say(notFound);
  if (!isOriginAllowed(request, options.allowedOrigins)) return say(originForbidden);
  const step = isPreflight(request) ? say(preflight) : handle(talk, request);
  return withCors(step, request, options);
}

function handle(talk: SoftvisioHttpTalk, request: HttpRequest): Answer {
  const { options } = talk;
  const { method, headers, remoteAddress } = request;
  if (method !== "GET" && method !== "POST") return say(methodNotAllowed);
  const credentials = tokenCredentials(bearerToken(headers.authorization));
  const judged = options.identity.authenticate(credentials, remoteAddress);
  return whenJudged(talk, request, judged, (_, judgement) => admit(request, judgement, options));
}

function admit(request: HttpRequest, judgement: Judgement, options: SoftvisioOptions): Answer {
  if (judgement.type === "refused") {
    // On any other code than this the published client throws a TypeError.
    const isSlowed = judgement.reason === "too_many_guesses";
    const error = isSlowed ? "too_many_requests" : "authorization_required";
    return say(failure(undefined, rpcError(error)));
  }
  const read = readRequest(request, options);
  if (read === "bad_id") return say(failure(null, badId));
  return typeof read === "string" ? say(failure(undefined, rpcError(read))) : obey(read, options);
}

interface HttpRpcRequest extends RpcRequest {
  readonly isVoid: boolean;
}

/** Reads the request; a GET has no arguments, whatever its body and query. */
function readRequest(
  { method, path, headers, body }: HttpRequest,
  { jsonDepthMax }: SoftvisioOptions,
): HttpRpcRequest | RpcErrorName | "bad_id" {
  const isVoid = headers["x-api-void-call"]?.toLowerCase() === "true";
  const bare = { method: path.slice("/api".length), params: [], id: undefined, isVoid };
  if (method === "GET") return bare;
  // Without a content type the body counts as JSON.
  if (headers["content-type"] !== undefined && !isJsonContent(headers)) {
    return "content_type_unsupported";
  }
  if (body.length === 0) return bare;
  const value = tryParse(body, jsonDepthMax);
  if (value === undefined) return "body_undecodable";
  if (!isObject(value) || value.jsonrpc !== "2.0") return { ...bare, params: listOf(value) };
  const rpc = requestOf(value);
  if (rpc === "bad_id") return rpc;
  if (typeof rpc === "string") return "method_not_found";
  return { ...rpc, isVoid: isVoid || rpc.id === undefined };
}

/** A void call gets the same empty answer whatever its result. */
function obey(rpc: HttpRpcRequest, options: SoftvisioOptions): Answer {
  const step = respond(rpc, options);
  return rpc.isVoid ? { ...step, ...say(success(undefined, {})) } : step;
}

function respond({ method, params, id }: RpcRequest, options: SoftvisioOptions): Answer {
  if (method === "/schema") return say(json(200, schemaText(id)));
  if (typeof method === "string" && idle.has(method)) return say(success(id, {}));
  if (typeof method === "string" && ofConnections.has(method)) {
    return say(failure(id, rpcError("connection_required")));
  }
  const { nameBytesMax } = options;
  const read = readMethodCall(method, params, { nameBytesMax, isOnConnection: false });
  return read.type === "error" ? say(failure(id, read.error)) : perform(id, read.call, options);
}

function perform(id: RpcId, call: MethodCall, { isTaken }: SoftvisioOptions): Answer {
  switch (call.type) {
    case "publish":
      return {
        ...say(success(id, {})),
        topics: call.events.map((event) => ({ type: "publish", event })),
      };
    case "is_locked":
      return say(success(id, { data: isTaken(call.mutexId) }));
    default:
      return say(failure(id, rpcError("connection_required")));
  }
}

/** Methods without any effect over HTTP. */
const idle: ReadonlySet<string> = new Set(["/publish", "/ping", "/pong", "/healthcheck"]);
const ofConnections: ReadonlySet<string> = new Set(["/subscribe", "/unsubscribe", "/abort"]);

/** Upstream's clients send `Bearer`; the scheme may be in any case or absent. */
function bearerToken(authorization: string | undefined): string | undefined {
  const token = authorization?.replace(/^\s*bearer\s+/i, "").trim();
  return token === "" ? undefined : token;
}

function success(id: RpcId, value: Success): HttpResponse {
  return json(200, successText(id, value));
}

function failure(id: RpcId | null, why: RpcError): HttpResponse {
  return json(rpcErrors[why.name].httpStatus, errorText(id, why));
}

function json(status: number, body: string): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    body,
  };
}

export const notFound = failure(undefined, rpcError("method_not_found"));

const methodNotAllowed = withHeaders(failure(undefined, rpcError("http_method_not_allowed")), {
  Allow: "GET, POST",
});

const originForbidden = { ...failure(undefined, rpcError("access_denied")), status: 403 };

const preflight: HttpResponse = {
  status: 204,
  headers: {
    ...preflightAnswer("GET, POST", "authorization, content-type, x-api-void-call"),
    "Access-Control-Max-Age": "600",
  },
  body: "",
};

/** Lets pages of the listed origins read the answers. That is safe because no cookies authenticate them. */
function withCors(
  step: Answer,
  { headers: { origin } }: HttpRequest,
  { allowedOrigins }: SoftvisioOptions,
): Answer {
  if (origin === undefined || allowedOrigins.length === 0) return step;
  const cors = { "Access-Control-Allow-Origin": origin, Vary: "Origin" };
  return { ...step, output: step.output.map((response) => withHeaders(response, cors)) };
}

/** Whether the path belongs to this API. */
export function isOwnPath(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}
