import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { HttpResponse } from "../../protocols/protocol.ts";
import type { Intake } from "./intake.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusals } from "./refusals.ts";
import { declaredBytes, http2Request, readBody } from "./request.ts";
import { internalError, plainResponse } from "./responses.ts";
import type { HttpClient } from "./routes.ts";

/** The connection of a request, as far as the request needs it. */
export interface Http2Caller {
  readonly refusals: Refusals;
  readonly intake: Intake;
  readonly remoteAddress: string | undefined;
}

/** Answers a plain request over HTTP/2, as http.ts does over HTTP/1.1. */
export async function serveRequest(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  options: Pick<ListenerOptions, "routes" | "limits" | "timeouts" | "clock" | "logger">,
  { refusals, intake, remoteAddress }: Http2Caller,
): Promise<void> {
  const { routes, limits, timeouts, clock, logger } = options;
  const cancel = clock.after(timeouts.requestMs, () => {
    refusals.note("request_timeout", { remoteAddress });
    leave(plainResponse(408));
  });
  const isEncrypted = stream.session?.encrypted === true;
  const declared = declaredBytes({ headers });
  let bytesKept = 0;
  let isTooMuch = false;
  const keep = (chunk: Buffer) => {
    if (isTooMuch) return;
    isTooMuch = !intake.take(chunk.length);
    if (isTooMuch) tooLarge();
    else bytesKept += chunk.length;
  };
  stream.on("data", keep);
  const body = await readBody(stream, { declared, bytesMax: limits.bodyBytesMax });
  cancel();
  // More of an oversized body may arrive; the stream drops it.
  stream.off("data", keep);
  intake.give(bytesKept);
  if (isTooMuch || body === "gone") return;
  if (body === "too_large") return tooLarge();
  const request = http2Request(headers, { body, isEncrypted, remoteAddress });
  try {
    write(await routes.http(request, clientOf(stream)));
  } catch (error) {
    logger.error({ err: error, method: request.method, path: request.path }, "a request failed");
    write(internalError);
  }

  function tooLarge(): void {
    refusals.note("body_too_large", { remoteAddress });
    leave(plainResponse(413));
  }

  /** Answers before the request is complete and discards the rest of it. */
  function leave(response: HttpResponse): void {
    write(response);
    stream.resume();
    stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  }

  function write({ status, headers: fields, body: text }: HttpResponse): void {
    if (stream.closed || stream.destroyed || stream.headersSent) return;
    const head = {
      ":status": status,
      ...lowerCase(fields),
      "x-content-type-options": "nosniff",
      "content-length": Buffer.byteLength(text),
    };
    if (headers[":method"] === "HEAD" || text === "") {
      stream.respond(head, { endStream: true });
    } else {
      stream.respond(head);
      stream.end(text);
    }
  }
}

/** A client that ends its side of an HTTP/2 connection is gone: Node aborts all its streams. */
function clientOf(stream: ServerHttp2Stream): HttpClient {
  return { whenGone: (run) => void stream.once("aborted", run), whenSilent() {} };
}

/** HTTP/2 allows lower case only; RFC 9113, section 8.2. */
function lowerCase(headers: HttpResponse["headers"]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
}
