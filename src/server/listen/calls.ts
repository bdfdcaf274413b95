import type { CallPeer, CallReceiver, CallStatus, Metadata } from "../../protocols/grpc/mod.ts";

/** One connection with gRPC calls, as its handler uses it. */
export interface CallSocket {
  readonly remoteAddress: string | undefined;
  /** Closes the connection once every ended call has its status; accepts no further calls. */
  close(): void;
  /** Counts bytes that the handler keeps for the client from now on; negative: that it no longer keeps. */
  keep(bytes: number): void;
  /** Counts work of the event loop that the client has caused and that comes later, in ms. */
  charge(ms: number): void;
  /** Counts answers that are under way from now on; negative: that have been given, also after the connection's end. */
  expect(answers: number): void;
}

export interface CallHandler {
  /** Begins a call: returns its receiver, or the status that refuses it. */
  begin(head: CallHead, peer: CallPeer): CallReceiver | CallStatus;
  /** New calls wait until the handler is done with earlier ones, such as with the check of a password. */
  isHeldBack(): boolean;
  /** The connection has ended, for whatever reason. Called once, after every call has ended. */
  closed(): void;
}

export interface CallHead {
  /** Such as `/ldlm.LDLM/Lock`. */
  readonly path: string;
  readonly metadata: Metadata;
}
