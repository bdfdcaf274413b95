import type { Bus } from "../bus/bus.ts";
import {
  type Command,
  isRequested,
  type RequestedCommand,
  type SessionOrigin,
} from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import {
  type CallPeer,
  type CallReceiver,
  type CallService,
  callFailed,
  unaryReceiver,
} from "../protocols/grpc/mod.ts";
import type { CallId, CallStep, LdlmConnection, LdlmGrpc } from "../protocols/ldlm/grpc.ts";
import { originOf } from "../protocols/origin.ts";
import type { Clock } from "./clock.ts";
import type { CallHandler, CallSocket } from "./listen/listener.ts";
import type { OperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";

/** Connects gRPC calls to the services, and those of LDLM to the replica. */
export interface CallGateway {
  /** Serves the calls of the connection from now on, those of LDLM by this protocol. */
  join(socket: CallSocket, ldlm: LdlmGrpc): CallHandler;
  /** Ends every connection in order. The next start cleans up after their sessions. */
  stop(): void;
}

export interface CallGatewayOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Clock;
  /** The services that answer without the replica. */
  readonly services: readonly CallService[];
}

export function createCallGateway(options: CallGatewayOptions): CallGateway {
  const { replica, bus, meter, clock } = options;
  const methods = new Map(options.services.flatMap((service) => [...service.methods]));
  /** Tells each connection that the server is stopping. */
  const joined = new Map<LdlmConnection, () => void>();
  let isStopping = false;

  function join(socket: CallSocket, ldlm: LdlmGrpc): CallHandler {
    /** From the first call on; all calls of a connection come from one client. */
    let origin: SessionOrigin | undefined;
    const connection = ldlm.open(() => origin ?? {});
    joined.set(connection, () => perform(connection.stop()));
    /** The calls without an answer yet. */
    const calls = new Map<CallId, CallPeer>();
    /** Arrival times of the commands without an outcome yet. */
    const askedAt = new Map<RequestId, number>();
    let session: SessionId | undefined;
    let lastCall: CallId = 0;

    function perform({ commands, replies, isOver }: CallStep): void {
      for (const command of commands) attach(command);
      replica.propose(commands, refuse);
      for (const { call, ...end } of replies) {
        const peer = calls.get(call);
        calls.delete(call);
        peer?.end(end);
      }
      if (isOver) socket.close();
    }

    function attach(command: Command): void {
      if (isRequested(command)) askedAt.set(command.request, clock.nowMs());
      if (session !== undefined || !("session" in command)) return;
      session = command.session;
      bus.attach(session, { deliver });
    }

    function deliver(effect: Effect): void {
      meter.count(effect.outcome);
      measure(effect.request);
      perform(connection.deliver(effect));
    }

    function refuse({ request }: RequestedCommand, reason: string): void {
      measure(request);
      perform(connection.refuse(request, reason));
    }

    /** Measures the time to the first outcome, which may be `waiting`. */
    function measure(request: RequestId): void {
      const asked = askedAt.get(request);
      if (asked === undefined) return;
      askedAt.delete(request);
      meter.took(clock.nowMs() - asked);
    }

    function receiverOf(path: string, peer: CallPeer): CallReceiver {
      lastCall += 1;
      const call = lastCall;
      return unaryReceiver(peer, {
        asked(request) {
          // Otherwise the call might open a session that nobody ends.
          if (!joined.has(connection)) return;
          calls.set(call, peer);
          perform(connection.call(call, path, request));
        },
        cancelled() {
          if (calls.delete(call)) replica.propose(connection.cancel(call));
        },
      });
    }

    return {
      begin({ path, metadata }, peer) {
        const method = methods.get(path);
        if (method !== undefined) return method(peer);
        if (!ldlm.paths.has(path)) return callFailed("unimplemented", `unknown method ${path}`);
        if (isStopping) return callFailed("unavailable", "the server is stopping");
        origin ??= originOf({ remoteAddress: socket.remoteAddress, headers: metadata });
        return ldlm.refusal(metadata) ?? receiverOf(path, peer);
      },
      closed() {
        if (!joined.delete(connection)) return;
        calls.clear();
        if (session !== undefined) bus.detach(session);
        const commands = connection.end();
        if (!isStopping) replica.propose(commands);
      },
    };
  }

  return {
    join,
    stop() {
      isStopping = true;
      for (const stopConnection of joined.values()) stopConnection();
    },
  };
}
