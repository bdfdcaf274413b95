import type { Event } from "../../fleeting/topics.ts";
import { type Exchange, type MessageConversation, type Step, say } from "../conversation.ts";
import { tokenCredentials } from "../identity.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { softvisioBehavior } from "./behavior.ts";
import { eventText } from "./encode.ts";
import { isOwnPath, notFound, type SoftvisioHttpTalk, softvisioHttpBehavior } from "./http.ts";
import type { SoftvisioOptions } from "./options.ts";
import { offeredToken, subprotocol } from "./subprotocol.ts";
import { createTalk, type SoftvisioTalk } from "./talk.ts";

export type { SoftvisioOptions } from "./options.ts";

/** softvisio's cluster RPC, without I/O (docs/protocols/softvisio.md). */
export interface Softvisio {
  /** Whether the path belongs to this API. */
  owns(path: string): boolean;
  /** Returns a function that begins the conversation, or a refusal. The listener checks handshake and Origin. */
  upgrade(request: HttpRequest): (() => MessageConversation<SoftvisioTalk>) | HttpResponse;
  /** Selects the subprotocol from those that the client offers. */
  subprotocol(offered: ReadonlySet<string>): string | undefined;
  /** Begins the conversation of one HTTP request. */
  exchange(): Exchange<SoftvisioHttpTalk>;
}

export function createSoftvisio(options: SoftvisioOptions): Softvisio {
  const tellingOf = createTelling();
  return {
    owns: isOwnPath,
    upgrade(request) {
      const { path, headers } = request;
      if (path !== "/api" && path !== "/api/") return notFound;
      return () => {
        const credentials = tokenCredentials(offeredToken(headers["sec-websocket-protocol"]));
        const judged = options.identity.authenticate(credentials, request.remoteAddress);
        const talk = createTalk({ ...options, origin: originOf(request), tellingOf }, judged);
        return { behavior: softvisioBehavior, talk };
      };
    },
    subprotocol: (offered) => (offered.has(subprotocol) ? subprotocol : undefined),
    exchange: () => ({
      behavior: softvisioHttpBehavior,
      talk: { options, session: options.nextSession(), unjudged: undefined, publishing: undefined },
    }),
  };
}

/** Remembers the last event's step, because all subscribers receive an event in a row. */
function createTelling(): (event: Event) => Step<string> {
  let last: { readonly event: Event; readonly step: Step<string> } | undefined;
  return (event) => {
    if (last?.event !== event) last = { event, step: say(eventText(event)) };
    return last.step;
  };
}
