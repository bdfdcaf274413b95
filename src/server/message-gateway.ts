import type { Bus } from "../bus/bus.ts";
import type { Command } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { MessageConnection, Output, Step } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import type { MessageHandler, MessageSocket } from "./listen/listener.ts";
import type { OperationMeter } from "./metrics.ts";
import type { Replica, RequestedCommand } from "./replica.ts";

/** Joins WebSockets to the connections that speak on them, and those to the replica. */
export interface MessageGateway {
  /** The connection speaks on the socket from now on. */
  join(socket: MessageSocket, connection: MessageConnection): MessageHandler;
  /** Says goodbye on every connection. What they leave behind is found at the next start. */
  stop(): void;
}

export interface MessageGatewayOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Clock;
  /** Commands of one connection on their way; above, nothing more is read from it. */
  readonly pendingMax: number;
}

export function createMessageGateway(options: MessageGatewayOptions): MessageGateway {
  const { replica, bus, meter, clock, pendingMax } = options;
  /** How each connection is told that the server stops. */
  const joined = new Map<MessageConnection, () => void>();
  let isStopping = false;

  function join(socket: MessageSocket, connection: MessageConnection): MessageHandler {
    joined.set(connection, () => perform(connection.stop()));
    const sessions = new Set<SessionId>();
    /** When each pending command was asked, in order. */
    const askedAt: number[] = [];
    let isPaused = false;

    function perform(step: Step): void {
      for (const command of step.commands) attach(command);
      replica.propose(step.commands, refuse);
      for (const output of step.output) say(output);
      if (!isPaused && connection.pendingCount > pendingMax) {
        isPaused = true;
        socket.pause();
      } else if (isPaused && connection.pendingCount <= pendingMax / 2) {
        isPaused = false;
        socket.resume();
      }
    }

    function refuse({ request }: RequestedCommand, reason: string): void {
      answered();
      perform(connection.refuse(request, reason));
    }

    function say(output: Output): void {
      if (output.type === "text") {
        socket.send(output.text);
      } else {
        socket.close(output.code, output.reason);
        end();
      }
    }

    /** Nothing is said or heard any more, whether or not the peer knows it yet. */
    function end(): void {
      if (!joined.delete(connection)) return;
      for (const session of sessions) bus.detach(session);
      const commands = connection.end();
      if (!isStopping) replica.propose(commands);
    }

    function attach(command: Command): void {
      if ("request" in command) askedAt.push(clock.nowMs());
      if (command.type !== "open_session") return;
      sessions.add(command.session);
      bus.attach(command.session, { deliver });
    }

    function deliver(effect: Effect): void {
      const pendingBefore = connection.pendingCount;
      const step = connection.deliver(effect);
      meter.count(effect.outcome);
      if (connection.pendingCount < pendingBefore) answered();
      perform(step);
    }

    /** The oldest pending command has its answer. */
    function answered(): void {
      const asked = askedAt.shift();
      if (asked !== undefined) meter.took(clock.nowMs() - asked);
    }

    return {
      message(data, kind) {
        perform(connection.receive(data, kind));
      },
      closed: end,
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
