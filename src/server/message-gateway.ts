import type { Bus } from "../bus/bus.ts";
import type { Command } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";
import type { MessageConnection, MessageKind, Output, Step } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import type { FanOut } from "./fan-out.ts";
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
  readonly fanOut: FanOut;
  /** Commands of one connection on their way; above, nothing more is read from it. */
  readonly pendingMax: number;
}

interface Message {
  readonly data: Buffer;
  readonly kind: MessageKind;
}

const noTopics: readonly TopicCommand[] = [];

export function createMessageGateway(options: MessageGatewayOptions): MessageGateway {
  const { replica, bus, meter, clock, fanOut, pendingMax } = options;
  /** How what each connection says by itself is carried out. */
  const joined = new Map<MessageConnection, (step: Step) => void>();
  let isStopping = false;

  function join(socket: MessageSocket, connection: MessageConnection): MessageHandler {
    joined.set(connection, perform);
    const sessions = new Set<SessionId>();
    /** When each pending command was asked, in order. */
    const askedAt: number[] = [];
    /** Too much of what it asked is pending. */
    let isCongested = false;
    /** It has published as much as fits into a turn: what it said meanwhile waits for the next. */
    let isHeldBack = false;
    let hasPublished = false;
    let unheard: Message[] = [];
    let isOver = false;

    function receive({ data, kind }: Message): void {
      hasPublished = false;
      perform(connection.receive(data, kind));
      if (!hasPublished || !fanOut.isSpent) return;
      isHeldBack = true;
      fanOut.later(goOn);
    }

    function goOn(): void {
      isHeldBack = false;
      let heard = 0;
      for (; heard < unheard.length && !isHeldBack; heard += 1) receive(unheard[heard] as Message);
      unheard = unheard.slice(heard);
      if (isOver && !isHeldBack) end();
      regulate();
    }

    /** Reads from the peer, or not, as things stand. */
    function regulate(): void {
      const { pendingCount } = connection;
      isCongested = isCongested ? pendingCount > pendingMax / 2 : pendingCount > pendingMax;
      if (isCongested || isHeldBack) socket.pause();
      else socket.resume();
    }

    function perform(step: Step): void {
      for (const command of step.commands) expect(command);
      replica.propose(step.commands, refuse);
      for (const output of step.output) say(output);
      for (const command of step.topics ?? noTopics) tell(command);
      if (isCongested !== connection.pendingCount > pendingMax) regulate();
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
      const isPublication = command.type === "publish";
      if (isPublication) hasPublished = true;
      if (isPublication || joined.has(connection)) fanOut.tell(bus, command);
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
        if (isHeldBack) unheard.push({ data, kind });
        else receive({ data, kind });
        if (isHeldBack) regulate();
      },
      closed() {
        isOver = true;
        // What it said before is done first.
        if (!isHeldBack) end();
      },
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
