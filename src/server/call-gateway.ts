import type { Bus } from "../bus/bus.ts";
import type { Command } from "../core/command.ts";
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
import type { Clock } from "./clock.ts";
import type { CallHandler, CallSocket } from "./listen/listener.ts";
import type { OperationMeter } from "./operation-meter.ts";
import type { Replica, RequestedCommand } from "./replica.ts";

/** Joins connections with gRPC calls to the services, and LDLM's to the replica. */
export interface CallGateway {
  /** The calls of the connection are heard from now on, LDLM's by this protocol. */
  join(socket: CallSocket, ldlm: LdlmGrpc): CallHandler;
  /** Says goodbye on every connection. What they leave behind is found at the next start. */
  stop(): void;
}

export interface CallGatewayOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Clock;
  /** Those that answer by themselves. */
  readonly services: readonly CallService[];
}

export function createCallGateway(options: CallGatewayOptions): CallGateway {
  const { replica, bus, meter, clock } = options;
  const methods = new Map(options.services.flatMap((service) => [...service.methods]));
  /** How each connection is told that the server stops. */
  const joined = new Map<LdlmConnection, () => void>();
  let isStopping = false;

  function join(socket: CallSocket, ldlm: LdlmGrpc): CallHandler {
    const connection = ldlm.open();
    joined.set(connection, () => perform(connection.stop()));
    /** Those whose answer is not there yet. */
    const calls = new Map<CallId, CallPeer>();
    /** When commands were asked that nothing was heard of. */
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
      if ("request" in command) askedAt.set(command.request, clock.nowMs());
      if (session !== undefined || !("session" in command)) return;
      session = command.session;
      bus.attach(session, { deliver });
    }

    function deliver(effect: Effect): void {
      meter.count(effect.outcome);
      heard(effect.request);
      perform(connection.deliver(effect));
    }

    function refuse({ request }: RequestedCommand, reason: string): void {
      heard(request);
      perform(connection.refuse(request, reason));
    }

    /** The log has spoken, if only to say that the request waits. */
    function heard(request: RequestId): void {
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
          // Else nobody would end the session that it might open.
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
      for (const sayGoodbye of joined.values()) sayGoodbye();
    },
  };
}
