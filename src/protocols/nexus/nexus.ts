/** The protocol of Nexus: JSON-RPC 2.0 over byte streams, WebSockets and HTTP (docs/protocols/nexus.md). */
import type { Exchange, MessageConversation } from "../conversation.ts";
import { nexusBehavior } from "./behavior.ts";
import { type BridgeTalk, bridgeBehavior, createBridgeTalk } from "./bridge.ts";
import type { NexusOptions } from "./options.ts";
import { createTalk, type NexusOpener, type NexusTalk } from "./talk.ts";

export { topicOf } from "./filters.ts";
export { type Hook, hookOf, taskHookOf } from "./hooks.ts";
export type { HeldLock, ListedNode, ListedPeer, ListedTopic, NexusOptions } from "./options.ts";

export interface Nexus {
  /** Begins the conversation over one byte stream or WebSocket. */
  converse(opener: NexusOpener): MessageConversation<NexusTalk>;
  /** Begins the conversation of one HTTP request. */
  exchange(opener: NexusOpener): Exchange<BridgeTalk>;
}

export function createNexus(options: NexusOptions): Nexus {
  return {
    converse: (opener) => ({ behavior: nexusBehavior, talk: createTalk(options, opener) }),
    exchange: (opener) => ({ behavior: bridgeBehavior, talk: createBridgeTalk(options, opener) }),
  };
}
