import type { SessionOrigin } from "../../core/command.ts";
import type { RequestId } from "../../core/ids.ts";
import type { CallId, CallInput } from "../grpc/mod.ts";
import type { Judging } from "../judging.ts";
import type { OwnSession } from "../own-session.ts";
import type { AskedCall } from "./calls.ts";
import type { GrpcCall } from "./grpc-calls.ts";
import type { LdlmGrpcOptions } from "./options.ts";

export interface LdlmGrpcTalkOptions extends LdlmGrpcOptions {
  /** `undefined` once the client is gone. */
  readonly remoteAddress: string | undefined;
}

/** The data of one connection. */
export interface LdlmGrpcTalk extends OwnSession<string>, Judging<AskingCall> {
  readonly options: LdlmGrpcTalkOptions;
  /** From the first call on; all calls of a connection come from one client. */
  origin: SessionOrigin | undefined;
  readonly pending: Map<RequestId, PendingCall>;
  readonly requests: Map<CallId, RequestId>;
  /** Pending calls that may wait in line. */
  patientCount: number;
  /** The newest lock that was granted here and not given back since. */
  newest: { readonly key: string; readonly atMs: number } | undefined;
}

/** A call as it arrives. */
export type AskingCall = Extract<CallInput, { type: "call" }>;

/** A call whose outcome is pending. */
export interface PendingCall extends AskedCall {
  readonly call: CallId;
  readonly response: GrpcCall["response"];
}

export function createTalk(options: LdlmGrpcTalkOptions): LdlmGrpcTalk {
  return {
    options,
    session: options.nextSession(),
    opening: undefined,
    whyNotOpen: "the session is over",
    origin: undefined,
    unjudged: undefined,
    pending: new Map(),
    requests: new Map(),
    patientCount: 0,
    newest: undefined,
  };
}
