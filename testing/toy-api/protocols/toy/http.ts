/** A request over HTTP is a whole conversation: its body is what the client says before it ends its side. */
import { type Behavior, none, type Step, say, silence } from "../conversation.ts";
import { isOriginAllowed } from "../http.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { toyBehavior } from "./behavior.ts";
import { feed } from "./lines.ts";
import type { ToyTalk } from "./talk.ts";

export interface ToyHttpTalk extends ToyTalk {
  /** The answers so far. */
  said: string;
}

type Answer = Step<HttpResponse>;

export const toyHttpBehavior: Behavior<ToyHttpTalk, HttpRequest, HttpResponse> = {
  receive(talk, request) {
    if (!isOriginAllowed(request, talk.options.allowedOrigins)) return say(originForbidden);
    if (request.method !== "POST") return say(methodNotAllowed);
    feed(talk.lines, request.body);
    return collected(talk, toyBehavior.finish(talk));
  },
  deliver: (talk, effect) => collected(talk, toyBehavior.deliver(talk, effect)),
  refuse: (talk, request, reason) => collected(talk, toyBehavior.refuse(talk, request, reason)),
  worked: (talk, job, hash) => collected(talk, toyBehavior.worked(talk, job, hash)),
  stop: (talk) => collected(talk, toyBehavior.stop(talk)),
  /** The client reads on, or is gone. */
  finish: () => silence,
  end: toyBehavior.end,
  pendingCount: toyBehavior.pendingCount,
};

/** Gathers the lines, and sends them all at the end of the conversation. */
function collected(talk: ToyHttpTalk, { output, end, ...step }: Step<string>): Answer {
  talk.said += output.join("");
  return { ...step, output: end === undefined ? none : [response(200, talk.said)] };
}

function response(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): HttpResponse {
  return { status, headers: { "Content-Type": "application/x-ndjson", ...headers }, body };
}

const originForbidden = response(403, "");
const methodNotAllowed = response(405, "", { Allow: "POST" });
