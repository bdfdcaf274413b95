import type { SessionOrigin } from "../../core/command.ts";
import type { Namespace, NodeId, RequestId } from "../../core/ids.ts";
import type { Ending, Job } from "../conversation.ts";
import type { OwnSession } from "../own-session.ts";
import type { Identities } from "../protocol.ts";
import type { RequestName } from "./decode.ts";
import { createLines, type Lines } from "./lines.ts";

/** Settings and functions that the API needs. */
export interface ToyOptions extends Identities {
  readonly node: NodeId;
  /** The namespace of the names of locks. */
  readonly namespace: Namespace;
  readonly lineBytesMax: number;
  readonly jsonDepthMax: number;
  /** Origins whose pages may send HTTP requests, besides this host's own. */
  readonly allowedOrigins: readonly string[];
  /** A fresh text that nobody can guess. */
  newSecret(): string;
}

/** The client of a conversation. */
export interface ToyClient {
  readonly origin: SessionOrigin;
  /** Whether it can be sent events, so that it may subscribe. */
  readonly canHear: boolean;
}

/** The data of one conversation. */
export interface ToyTalk extends OwnSession<string>, ToyClient {
  readonly options: ToyOptions;
  /** The beginning of the keys of its locks. */
  readonly secret: string;
  /** What has arrived and was not obeyed yet. */
  lines: Lines;
  /** The answers that were not sent yet, in the order of the requests. */
  readonly due: Due[];
  /** Set while the conversation ends behind the answers that are due. */
  ending: Ending | undefined;
}

export interface Due {
  readonly id: RequestName | undefined;
  /** The command or job whose result becomes the answer; `undefined`: the answer was known at once. */
  readonly of: RequestId | Job | undefined;
  /** `undefined` until the answer is known. */
  line: string | undefined;
}

export function createTalk(options: ToyOptions, client: ToyClient): ToyTalk {
  const { address } = client.origin;
  return {
    ...client,
    ...(address !== undefined && { address }),
    options,
    session: options.nextSession(),
    opening: undefined,
    whyNotOpen: "the session is over",
    secret: options.newSecret(),
    lines: createLines(options.lineBytesMax),
    due: [],
    ending: undefined,
  };
}
