import { type CallStatus, callFailed } from "./status.ts";

/** Names in lower case. */
export type Metadata = Readonly<Record<string, string>>;

/** What a service may do with one call. After `end`, or once it is told `cancelled`, nothing happens. */
export interface CallPeer {
  send(message: Uint8Array): void;
  end(how: CallEnd): void;
}

export interface CallEnd {
  readonly status: CallStatus;
  /** The last one. */
  readonly message?: Uint8Array;
  /** Sent behind the messages, beside the status. */
  readonly metadata?: Metadata;
}

/** What a service is told of one call. */
export interface CallReceiver {
  /** Whether the client sends one message, and that soon, or any number while it likes. */
  readonly takes: "one" | "many";
  /** A whole message; the bytes are the receiver's. */
  message(bytes: Uint8Array): void;
  /** The client has sent all that it will send. */
  finished(): void;
  /** The client wants no answer any more, or is gone; nothing comes after it. */
  cancelled(): void;
}

/** Of a call that has one message: the service hears of it when it is whole. */
export function unaryReceiver(
  peer: CallPeer,
  service: { readonly asked: (request: Uint8Array) => void; readonly cancelled: () => void },
): CallReceiver {
  let request: Uint8Array | undefined;
  let isRefused = false;

  function refuse(reason: string): void {
    isRefused = true;
    peer.end({ status: callFailed("internal", reason) });
  }

  return {
    takes: "one",
    message(bytes) {
      if (isRefused) return;
      if (request === undefined) request = bytes;
      else refuse("the call takes one message, and there came two");
    },
    finished() {
      if (isRefused) return;
      if (request === undefined) refuse("the call takes one message, and there came none");
      else service.asked(request);
    },
    cancelled: service.cancelled,
  };
}
