import type { CallEnd, CallPeer, CallReceiver } from "../../../src/protocols/grpc/mod.ts";
import type { CallHandler } from "../../../src/server/listen/listener.ts";
import { createWire, type LineEnds, type LinkServer, type Wire } from "./wire.ts";

/** A connection for gRPC calls, or the attempt to open one. */
export interface CallLink extends Pick<Wire, "close"> {
  /** The client makes a call. `ended` is called once, unless the connection ends before the call. */
  call(request: CallRequest, ended: (end: CallEnd) => void): SimulatedCall;
}

export interface CallRequest {
  readonly path: string;
  readonly message: Uint8Array;
  /** Time after which the server gives the call up, as `grpc-timeout` says; absent: never. */
  readonly timeoutMs?: number;
}

export interface SimulatedCall {
  /** The client wants no answer any more and receives none. */
  cancel(): void;
}

/** A call at the server's end. */
interface Underway {
  receiver: CallReceiver | undefined;
  isEnded: boolean;
}

export function createCallLink(ends: LineEnds, closed: () => void): CallLink {
  const { random } = ends;
  const underway = new Set<Underway>();
  let server: LinkServer | undefined;
  let handler: CallHandler | undefined;

  const wire = createWire(ends, {
    accepted(accepting) {
      server = accepting;
      const { calls } = accepting.options.routes;
      handler = calls?.({
        remoteAddress: undefined,
        close: wire.serverCloses,
        keep() {},
        charge() {},
        expect() {},
      });
    },
    // Answers leave at once.
    flush() {},
    serverEnded,
    clientEnded: closed,
    pingedOutMs: ({ http2PingIntervalMs, http2PingTimeoutMs }) =>
      http2PingIntervalMs + http2PingTimeoutMs,
  });

  function begin(call: Underway, request: CallRequest, ended: (end: CallEnd) => void): void {
    if (wire.isServerClosing() || handler === undefined || call.isEnded) return;
    underway.add(call);
    const { path, message, timeoutMs } = request;
    const peer: CallPeer = {
      send() {},
      end(how) {
        if (settle(call)) wire.sendToClient(() => ended(how));
      },
    };
    const receiver = handler.begin({ path, metadata: {} }, peer);
    if ("code" in receiver) {
      peer.end({ status: receiver });
      return;
    }
    call.receiver = receiver;
    if (timeoutMs !== undefined) server?.process.after(timeoutMs, () => giveUp(call));
    receiver.message(message);
    receiver.finished();
  }

  /** Returns whether the call was under way until now. */
  function settle(call: Underway): boolean {
    if (call.isEnded) return false;
    call.isEnded = true;
    underway.delete(call);
    return true;
  }

  /** The client has cancelled the call, or its time is over. */
  function giveUp(call: Underway): void {
    if (settle(call)) call.receiver?.cancelled();
  }

  /** The handler may learn of it before its calls do, or after. */
  function serverEnded(): void {
    const cancel = () => {
      for (const call of [...underway]) giveUp(call);
    };
    const isCallByCall = random.chance(0.5);
    if (isCallByCall) cancel();
    handler?.closed();
    handler = undefined;
    if (!isCallByCall) cancel();
  }

  return {
    ...wire,
    call(request, ended) {
      const call: Underway = { receiver: undefined, isEnded: false };
      let isCancelled = false;
      wire.sendToServer(() => begin(call, request, (end) => void (isCancelled || ended(end))));
      return {
        cancel() {
          isCancelled = true;
          wire.sendToServer(() => giveUp(call));
        },
      };
    },
  };
}
