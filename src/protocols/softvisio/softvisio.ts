import type { Event } from "../../fleeting/topics.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse, HttpStep, MessageConnection, Step } from "../protocol.ts";
import { openConnection } from "./connection.ts";
import { eventText } from "./encode.ts";
import { handleHttp, notFound } from "./http.ts";
import type { SoftvisioOptions } from "./options.ts";
import { say } from "./steps.ts";
import { offeredToken, subprotocol } from "./subprotocol.ts";

export type { Gate } from "./gate.ts";
export type { SoftvisioOptions } from "./options.ts";

/** softvisio's cluster RPC, without I/O (docs/protocols/softvisio.md). */
export interface Softvisio {
  /** Whether the path belongs to this API. */
  owns(path: string): boolean;
  /** Returns a function that opens the connection, or a refusal. The listener checks handshake and Origin. */
  upgrade(request: HttpRequest): (() => MessageConnection) | HttpResponse;
  /** Selects the subprotocol from those that the client offers. */
  subprotocol(offered: ReadonlySet<string>): string | undefined;
  http(request: HttpRequest): HttpStep;
}

export function createSoftvisio(options: SoftvisioOptions): Softvisio {
  const tellingOf = createTelling();
  return {
    owns,
    upgrade(request) {
      const { path, headers } = request;
      if (path !== "/api" && path !== "/api/") return notFound;
      const token = offeredToken(headers["sec-websocket-protocol"]);
      const principal = token === undefined ? undefined : options.gate.nameOf(token);
      const origin = originOf(request, principal);
      return () => openConnection({ ...options, token, origin, tellingOf });
    },
    subprotocol: (offered) => (offered.has(subprotocol) ? subprotocol : undefined),
    http: (request) =>
      owns(request.path) ? handleHttp(request, options) : { type: "answer", response: notFound },
  };
}

function owns(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}

/** Remembers the last event's step, because all subscribers receive an event in a row. */
function createTelling(): (event: Event) => Step {
  let last: { readonly event: Event; readonly step: Step } | undefined;
  return (event) => {
    if (last?.event !== event) last = { event, step: say(eventText(event)) };
    return last.step;
  };
}
