/**
 * The toy protocol: lines of JSON over a byte stream, a WebSocket or HTTP. Nobody speaks it. It is the template for
 * a further protocol (CONTRIBUTING.md, "Adding a protocol"), and a test adds it to a copy of the server.
 *
 *   {"id":1,"method":"lock","name":"a"}                   {"id":1,"granted":7}, with the fencing token
 *   {"id":2,"method":"lock","name":"a"}                   {"id":2,"error":"lock_held","reason":"…"}, if another client has it
 *   {"id":3,"method":"unlock","name":"a"}                 {"id":3,"released":true}
 *   {"id":4,"method":"subscribe","topic":"t"}             {"id":4,"subscribed":true}
 *   {"id":5,"method":"publish","topic":"t","text":"hi"}   {"id":5,"published":true}
 *                                                         {"topic":"t","text":"hi"} to each subscriber
 *   {"id":6,"method":"hash","text":"pw","salt":"s"}       {"id":6,"hash":"…"}, of scrypt
 *
 * Answers come in the order of the requests. Locks end with the connection. A text message of a WebSocket is one
 * line. The body of a POST is a whole conversation, and the body of the answer is everything that was said to it.
 */
import type { Exchange, MessageConversation } from "../conversation.ts";
import { type Opener, originOf } from "../origin.ts";
import { toyBehavior } from "./behavior.ts";
import { type ToyHttpTalk, toyHttpBehavior } from "./http.ts";
import { createTalk, type ToyOptions, type ToyTalk } from "./talk.ts";

export interface Toy {
  /** Begins the conversation over one byte stream or WebSocket. */
  converse(opener: Opener): MessageConversation<ToyTalk>;
  /** Begins the conversation of one HTTP request. */
  exchange(opener: Opener): Exchange<ToyHttpTalk>;
}

export function createToy(options: ToyOptions): Toy {
  return {
    converse(opener) {
      const talk = createTalk(options, { origin: originOf(opener), canHear: true });
      return { behavior: toyBehavior, talk };
    },
    exchange(opener) {
      const talk = createTalk(options, { origin: originOf(opener), canHear: false });
      return { behavior: toyHttpBehavior, talk: { ...talk, said: "" } };
    },
  };
}
