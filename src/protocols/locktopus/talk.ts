import type { SessionOrigin } from "../../core/command.ts";
import type { Namespace, NodeId, RequestId } from "../../core/ids.ts";
import type { OwnSession } from "../own-session.ts";
import type { Identities } from "../protocol.ts";
import type { Action } from "./decode.ts";
import type { LocktopusOptions } from "./options.ts";

export interface LocktopusTalkOptions {
  readonly identities: Identities;
  readonly node: NodeId;
  readonly namespace: Namespace;
  readonly origin: SessionOrigin;
  /** How long the server keeps the lock of a client that left without a release. */
  readonly abandonTimeoutMs: number;
  readonly jsonDepthMax: number;
  readonly claimsFault: LocktopusOptions["claimsFault"];
  /** Called once, when the connection has ended. */
  ended(): void;
}

/** The data of one connection. If its session cannot be opened, the connection ends, so it keeps no reason. */
export interface LocktopusTalk extends OwnSession<undefined> {
  readonly options: LocktopusTalkOptions;
  /** The one lock that the client has or asks for after all its messages so far. */
  lock: RequestId | undefined;
  /** Requests without an answer yet. Answers come in the order of requests. */
  readonly pending: RequestId[];
  /** The state that the client has been sent. */
  sent: LockState;
  /** The request that waits in line, after its answer `enqueued`. */
  waiting: RequestId | undefined;
  /** Set while the connection ends behind the answers that are still due. */
  ending: LocktopusEnding | undefined;
}

export type LockState = "ready" | "enqueued" | "acquired";

export type LocktopusEnding =
  | { readonly type: "error"; readonly reason: string }
  /** The error names the client's state behind all earlier answers. */
  | { readonly type: "out_of_turn"; readonly action: Action["type"] }
  | { readonly type: "stop" };

export function createTalk(options: LocktopusTalkOptions): LocktopusTalk {
  return {
    options,
    session: options.identities.nextSession(),
    opening: undefined,
    whyNotOpen: undefined,
    lock: undefined,
    pending: [],
    sent: "ready",
    waiting: undefined,
    ending: undefined,
  };
}
