import type { CallPeer, CallReceiver, CallStatus, Metadata } from "../../protocols/grpc/mod.ts";

/** One connection with gRPC calls, as its handler uses it. */
export interface CallSocket {
  readonly remoteAddress: string | undefined;
  /** Closes the connection once every ended call has its status; accepts no further calls. */
  close(): void;
}

export interface CallHandler {
  /** Begins a call: returns its receiver, or the status that refuses it. */
  begin(head: CallHead, peer: CallPeer): CallReceiver | CallStatus;
  /** The connection has ended, for whatever reason. Called once, after every call has ended. */
  closed(): void;
}

export interface CallHead {
  /** Such as `/ldlm.LDLM/Lock`. */
  readonly path: string;
  readonly metadata: Metadata;
}
