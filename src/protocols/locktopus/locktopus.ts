import type { SessionOrigin } from "../../core/command.ts";
import type { Namespace } from "../../core/ids.ts";
import type { MessageConversation } from "../conversation.ts";
import { originOf } from "../origin.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import { locktopusBehavior } from "./behavior.ts";
import type { LocktopusOptions } from "./options.ts";
import { answerPage, createSite } from "./pages.ts";
import { withCors } from "./responses.ts";
import { createTalk, type LocktopusTalk } from "./talk.ts";
import { type AcceptedUpgrade, decideUpgrade } from "./upgrade.ts";

export type { LocktopusOptions } from "./options.ts";

/** Locktopus V1, without I/O (docs/protocols/locktopus.md). */
export interface Locktopus {
  /**
   * Returns a function that begins the conversation after the 101, or a refusal. Checks the whole handshake
   * except extensions and Origin.
   */
  upgrade(request: HttpRequest): (() => MessageConversation<LocktopusTalk>) | HttpResponse;
  /** Answers a request without an upgrade. */
  http(request: HttpRequest): HttpResponse;
}

export function createLocktopus(options: LocktopusOptions): Locktopus {
  const openCounts = new Map<Namespace, number>();
  const site = createSite(options, openCounts);
  return {
    upgrade(request) {
      if (request.path !== "/v1") return answerPage(site, request);
      const decision = decideUpgrade(request, options.abandonTimeouts);
      if (decision.type === "refused") return withCors(request, decision.response);
      return () => begin(options, openCounts, decision, originOf(request));
    },
    http: (request) => answerPage(site, request),
  };
}

function begin(
  options: LocktopusOptions,
  openCounts: Map<Namespace, number>,
  { namespace, abandonTimeoutMs }: AcceptedUpgrade,
  origin: SessionOrigin,
): MessageConversation<LocktopusTalk> {
  count(openCounts, namespace, 1);
  const { node, jsonDepthMax, claimsFault } = options;
  const talk = createTalk({
    identities: options,
    node,
    namespace,
    origin,
    abandonTimeoutMs,
    jsonDepthMax,
    claimsFault,
    ended: () => count(openCounts, namespace, -1),
  });
  return { behavior: locktopusBehavior, talk };
}

function count(openCounts: Map<Namespace, number>, namespace: Namespace, change: 1 | -1): void {
  const openCount = (openCounts.get(namespace) ?? 0) + change;
  if (openCount === 0) openCounts.delete(namespace);
  else openCounts.set(namespace, openCount);
}
