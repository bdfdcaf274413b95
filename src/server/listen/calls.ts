import type { CallPeer, CallReceiver, CallStatus, Metadata } from "../../protocols/grpc/mod.ts";

/** What the server may do with one connection on which there are gRPC calls. */
export interface CallSocket {
  readonly remoteAddress: string | undefined;
  /** Closes when the calls that have ended are told so; nothing is heard from now on. */
  close(): void;
}

export interface CallHandler {
  /** A call begins: who takes it, or why nobody does. */
  begin(head: CallHead, peer: CallPeer): CallReceiver | CallStatus;
  /** The connection is gone, for whatever reason; called once, after every call was told. */
  closed(): void;
}

export interface CallHead {
  /** As `/ldlm.LDLM/Lock`. */
  readonly path: string;
  readonly metadata: Metadata;
}
