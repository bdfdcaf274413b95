import { type CallStatus, callFailed } from "./status.ts";

/** Header fields; their names are in lower case. */
export type Metadata = Readonly<Record<string, string>>;

/** The client of one call, as a service answers it. After `end` or `cancelled` both methods are no-ops. */
export interface CallPeer {
  send(message: Uint8Array): void;
  end(how: CallEnd): void;
}

export interface CallEnd {
  readonly status: CallStatus;
  /** The last message. */
  readonly message?: Uint8Array;
  /** Trailing metadata. */
  readonly metadata?: Metadata;
}

/** The id of a call, unique on its connection. */
export type CallId = number;

/** What a conversation of unary calls receives. */
export type CallInput =
  | {
      readonly type: "call";
      readonly call: CallId;
      readonly path: string;
      readonly metadata: Metadata;
      /** The whole request, which the receiver owns. */
      readonly request: Uint8Array;
    }
  /** The client has cancelled the call or is gone: it reads no answer. */
  | { readonly type: "cancel"; readonly call: CallId };

/** The answer to one of the calls. */
export interface Reply extends CallEnd {
  readonly call: CallId;
}

/** The service's side of one call. */
export interface CallReceiver {
  /** `one`: the client sends a single message soon. `many`: any number, over any time. */
  readonly takes: "one" | "many";
  /** A whole message. The receiver owns the bytes. */
  message(bytes: Uint8Array): void;
  /** The client has sent its last message. */
  finished(): void;
  /** The client has cancelled the call or is gone. No other method is called after it. */
  cancelled(): void;
}

/** The receiver of a call with one message; calls the service once the request is complete. */
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
