import type { Conversation, Talk } from "../../protocols/conversation.ts";
import {
  type CallId,
  type CallInput,
  type CallPeer,
  type CallService,
  callFailed,
  type Reply,
  unaryReceiver,
} from "../../protocols/grpc/mod.ts";
import type { CallHandler, CallSocket } from "../listen/listener.ts";
import type { Host } from "./host.ts";

/** An API of unary gRPC calls. */
export interface CallApi<Data extends Talk> {
  readonly paths: ReadonlySet<string>;
  /** Begins the conversation of one connection. */
  begin(peer: Pick<CallSocket, "remoteAddress">): Conversation<CallInput, Reply, Data>;
}

/** Methods that answer without a conversation, by path. */
export type CallMethods = CallService["methods"];

/** Holds one conversation over all calls of a connection. */
export function serveCalls<Data extends Talk>(
  host: Host,
  { api, methods }: { readonly api: CallApi<Data>; readonly methods: CallMethods },
  socket: CallSocket,
): CallHandler {
  /** The calls without an answer yet. */
  const calls = new Map<CallId, CallPeer>();
  let lastCall: CallId = 0;
  let isOver = false;
  const seat = host.join(api.begin(socket), {
    send({ call, ...end }) {
      const peer = calls.get(call);
      calls.delete(call);
      peer?.end(end);
      return peer !== undefined;
    },
    end: socket.close,
    pause() {},
    resume() {},
    keep: socket.keep,
    charge: socket.charge,
    expect: socket.expect,
  });

  return {
    begin({ path, metadata }, peer) {
      const method = methods.get(path);
      if (method !== undefined) return method(peer);
      if (!api.paths.has(path)) {
        seat.refused();
        return callFailed("unimplemented", `unknown method ${path}`);
      }
      if (host.isStopping) return callFailed("unavailable", "the server is stopping");
      lastCall += 1;
      const call = lastCall;
      return unaryReceiver(peer, {
        asked(request) {
          // Otherwise the call might open a session that nobody ends.
          if (isOver) return;
          calls.set(call, peer);
          seat.receive({ type: "call", call, path, metadata, request });
        },
        cancelled() {
          if (calls.delete(call)) seat.receive({ type: "cancel", call });
        },
      });
    },
    isHeldBack: seat.isHeldBack,
    closed() {
      isOver = true;
      calls.clear();
      seat.closed();
    },
  };
}
