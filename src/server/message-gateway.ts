import type { Bus } from "../bus/bus.ts";
import type { Command } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";
import type { MessageConnection, Output, Step } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import type { MessageHandler, MessageSocket } from "./listen/listener.ts";
import type { OperationMeter } from "./metrics.ts";
import type { Replica, RequestedCommand } from "./replica.ts";

/** Joins WebSockets to the connections that speak on them, and those to the replica. */
export interface MessageGateway {
  /** The connection speaks on the socket from now on. */
  join(socket: MessageSocket, connection: MessageConnection): MessageHandler;
  /** Looks on every connection at who may speak there. */
  review(): void;
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

const noTopics: readonly TopicCommand[] = [];

export function createMessageGateway(options: MessageGatewayOptions): MessageGateway {
  const { replica, bus, meter, clock, pendingMax } = options;
  /** How what each connection says by itself is carried out. */
  const joined = new Map<MessageConnection, (step: Step) => void>();
  let isStopping = false;

  function join(socket: MessageSocket, connection: MessageConnection): MessageHandler {
    joined.set(connection, perform);
    const sessions = new Set<SessionId>();
    /** When each pending command was asked, in order. */
    const askedAt: number[] = [];
    let isPaused = false;

    function perform(step: Step): void {
      for (const command of step.commands) expect(command);
      replica.propose(step.commands, refuse);
      for (const output of step.output) say(output);
      for (const command of step.topics ?? noTopics) tell(command);
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

    function expect(command: Command): void {
      if ("request" in command) askedAt.push(clock.nowMs());
      if (command.type === "open_session") attach(command.session);
    }

    function attach(session: SessionId): void {
      sessions.add(session);
      bus.attach(session, { deliver, hear });
    }

    /** Whose connection is over subscribes to nothing: nobody would end that. */
    function tell(command: TopicCommand): void {
      if (command.type === "publish" || joined.has(connection)) bus.perform(command);
    }

    function hear(effect: TopicEffect): void {
      if (!socket.isOpen) meter.drop();
      else if (connection.hear !== undefined) perform(connection.hear(effect));
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

    if (connection.session !== undefined) attach(connection.session);
    return {
      message(data, kind) {
        perform(connection.receive(data, kind));
      },
      closed: end,
    };
  }

  return {
    join,
    review() {
      for (const [connection, perform] of joined) {
        if (connection.review !== undefined) perform(connection.review());
      }
    },
    stop() {
      isStopping = true;
      for (const [connection, perform] of joined) perform(connection.stop());
    },
  };
}
