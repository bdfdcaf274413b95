import type { RequestId } from "../../core/ids.ts";
import type { Talk } from "../conversation.ts";
import type { Judging } from "../judging.ts";
import type { HttpRequest, HttpResponse } from "../protocol.ts";
import type { AskedCall } from "./calls.ts";
import type { LdlmRestOptions } from "./options.ts";

/** The data of one request. Its session outlives it and may have other requests at the same time. */
export interface LdlmRestTalk extends Talk, Judging<HttpRequest> {
  readonly options: LdlmRestOptions;
  /** The command whose outcome becomes the answer; `undefined` before it and after the answer. */
  asked: AskedCommand | undefined;
  /** The request waits in line for a lock. */
  isWaiting: boolean;
  /** The client has ended its side of the connection and may be gone. */
  isSilent: boolean;
}

export interface AskedCommand {
  readonly request: RequestId;
  readonly about: About;
}

/** What the outcome is turned into an answer by. */
export type About =
  | { readonly type: "opening"; readonly cookie: Cookie }
  | { readonly type: "closing" }
  /** An answer that only a live session gets. */
  | { readonly type: "answer"; readonly cookie: Cookie; readonly response: HttpResponse }
  | { readonly type: "call"; readonly cookie: Cookie; readonly call: AskedCall };

/** The cookie that the answer sets again, with a new date. */
export interface Cookie {
  readonly secret: string;
  readonly isEncrypted: boolean;
}

export function createTalk(options: LdlmRestOptions): LdlmRestTalk {
  return { options, unjudged: undefined, asked: undefined, isWaiting: false, isSilent: false };
}
