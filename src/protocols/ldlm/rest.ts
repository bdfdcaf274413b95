/** LDLM over HTTP and JSON, without I/O; docs/protocols/ldlm.md, section 4. */
import type { Exchange } from "../conversation.ts";
import type { LdlmRestOptions } from "./options.ts";
import { ldlmRestBehavior } from "./rest-behavior.ts";
import { createTalk, type LdlmRestTalk } from "./rest-talk.ts";

export type { LdlmRestOptions } from "./options.ts";
export type { LdlmRestTalk } from "./rest-talk.ts";

export interface LdlmRest {
  /** Begins the conversation of one request. */
  begin(): Exchange<LdlmRestTalk>;
}

export function createLdlmRest(options: LdlmRestOptions): LdlmRest {
  return { begin: () => ({ behavior: ldlmRestBehavior, talk: createTalk(options) }) };
}
