import type { CallEnd, CallPeer, CallReceiver } from "../../../src/protocols/grpc/mod.ts";
import type { CallHandler } from "../../../src/server/listen/listener.ts";
import { createWire, type LineEnds, type LinkServer, type Wire } from "./wire.ts";

/** A connection for gRPC calls, or the attempt to open one. */
export interface CallLink extends Pick<Wire, "close"> {
  /** Of the client. What is heard is heard once, unless the connection ends before. */
  call(request: CallRequest, heard: (end: CallEnd) => void): SimulatedCall;
}

export interface CallRequest {
  readonly path: string;
  readonly message: Uint8Array;
  /** What the client tells the server to give up after; absent: never. */
  readonly timeoutMs?: number;
}

export interface SimulatedCall {
  /** The client wants no answer any more, and hears none. */
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
      handler = calls?.({ remoteAddress: undefined, close: wire.serverCloses });
    },
    // Answers leave as they come.
    flush() {},
    serverEnded,
    clientEnded: closed,
    pingedOutMs: ({ http2PingIntervalMs, http2PingTimeoutMs }) =>
      http2PingIntervalMs + http2PingTimeoutMs,
  });

  function begin(call: Underway, request: CallRequest, heard: (end: CallEnd) => void): void {
    if (wire.isServerClosing() || handler === undefined || call.isEnded) return;
    underway.add(call);
    const { path, message, timeoutMs } = request;
    const peer: CallPeer = {
      send() {},
      end(how) {
        if (settle(call)) wire.tellClient(() => heard(how));
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

  /** Returns whether it was under way until now. */
  function settle(call: Underway): boolean {
    if (call.isEnded) return false;
    call.isEnded = true;
    underway.delete(call);
    return true;
  }

  /** Cancelled, or its time is over. */
  function giveUp(call: Underway): void {
    if (settle(call)) call.receiver?.cancelled();
  }

  /** The handler may hear of it before its calls do, or after. */
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
    call(request, heard) {
      const call: Underway = { receiver: undefined, isEnded: false };
      let isCancelled = false;
      wire.tellServer(() => begin(call, request, (end) => void (isCancelled || heard(end))));
      return {
        cancel() {
          isCancelled = true;
          wire.tellServer(() => giveUp(call));
        },
      };
    },
  };
}
