import type { Exchange, Talk } from "../../protocols/conversation.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import { type HttpClient, internalError } from "../listen/listener.ts";
import type { Host } from "./host.ts";

/** Holds the conversation of one HTTP request, which ends with its answer. */
export function exchange<Data extends Talk>(
  host: Host,
  conversation: Exchange<Data>,
  { request, client }: { readonly request: HttpRequest; readonly client: HttpClient },
): HttpResponse | Promise<HttpResponse> {
  let response: HttpResponse | undefined;
  let resolve: ((response: HttpResponse) => void) | undefined;

  function answer(given: HttpResponse): boolean {
    if (response !== undefined) return false;
    response = given;
    resolve?.(given);
    seat.closed();
    return true;
  }

  const seat = host.join(conversation, {
    send: answer,
    end: () => void answer(internalError),
    pause() {},
    resume() {},
    // The connection counts whole requests.
    keep() {},
    charge: client.charge,
    expect: client.expect,
  });
  try {
    seat.receive(request);
  } catch (error) {
    seat.closed();
    throw error;
  }
  if (response !== undefined) return response;
  client.whenGone(seat.closed);
  // A client that half-closes after its request still reads the answer, whatever the behavior makes of it.
  if (conversation.behavior.finish !== undefined) client.whenSilent(seat.finished);
  return new Promise((given) => {
    resolve = given;
  });
}
