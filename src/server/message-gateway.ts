import type { Bus, Receiver } from "../bus/bus.ts";
import { type Command, isRequested, type RequestedCommand } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { TopicCommand, TopicEffect } from "../fleeting/topics.ts";
import type { MessageConnection, MessageKind, Output, Step } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import type { FanOut } from "./fan-out.ts";
import type { MessageHandler, MessageSocket } from "./listen/listener.ts";
import type { OperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";

/** Connects WebSockets to the connections of their protocol, and those to the replica. */
export interface MessageGateway {
  /** Serves the socket with the connection from now on. */
  join(socket: MessageSocket, connection: MessageConnection): MessageHandler;
  /** Lets every connection check whether its client is still authorized. */
  review(): void;
  /** Ends every connection in order. The next start cleans up after their sessions. */
  stop(): void;
}

export interface MessageGatewayOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Clock;
  readonly fanOut: FanOut;
  /** Pending commands of one connection; beyond them the gateway stops reading from it. */
  readonly pendingMax: number;
}

interface ReceivedMessage {
  readonly data: Buffer;
  readonly kind: MessageKind;
}

const noCommands: readonly Command[] = [];

export function createMessageGateway(options: MessageGatewayOptions): MessageGateway {
  const { replica, bus, meter, clock, fanOut, pendingMax } = options;
  /** Performs the steps that a connection takes by itself, such as its last. */
  const joined = new Map<MessageConnection, (step: Step) => void>();
  let isStopping = false;

  function join(socket: MessageSocket, connection: MessageConnection): MessageHandler {
    joined.set(connection, perform);
    const sessions = new Set<SessionId>();
    const receiver: Receiver = { deliver, hear };
    /** Arrival times of the pending commands, in order. */
    const askedAt: number[] = [];
    /** Too many commands are pending. */
    let isCongested = false;
    /** Topic commands not performed yet; empty unless a publication waits for a turn. */
    let untold: TopicCommand[] = [];
    /** Messages received while a publication waits. */
    let unheard: ReceivedMessage[] = [];
    let isHeldBack = false;
    let isOver = false;

    /** Performs topic commands as far as this turn's budget goes. */
    function tell(): void {
      let told = 0;
      for (const command of untold) {
        const isPublication = command.type === "publish";
        if (isPublication && fanOut.isSpent) break;
        told += 1;
        // After its end a connection subscribes to nothing, because nobody would end the subscription.
        if (isPublication || joined.has(connection)) fanOut.perform(bus, command);
      }
      untold = untold.slice(told);
      if (untold.length > 0 && !isHeldBack) {
        isHeldBack = true;
        fanOut.later(goOn);
      }
    }

    function goOn(): void {
      isHeldBack = false;
      tell();
      let heard = 0;
      for (; heard < unheard.length && !isHeldBack; heard += 1)
        receive(unheard[heard] as ReceivedMessage);
      unheard = unheard.slice(heard);
      if (isOver && !isHeldBack) end();
      regulate();
    }

    function receive({ data, kind }: ReceivedMessage): void {
      perform(connection.receive(data, kind));
    }

    /** Pauses or resumes reading. */
    function regulate(): void {
      const pendingCount = connection.pendingCount();
      isCongested = isCongested ? pendingCount > pendingMax / 2 : pendingCount > pendingMax;
      if (isCongested || isHeldBack) socket.pause();
      else socket.resume();
    }

    function perform(step: Step): void {
      for (const command of step.commands) expect(command);
      replica.propose(step.commands, refuse);
      replica.propose(step.owed ?? noCommands);
      speak(step);
      if (step.topics !== undefined) {
        untold = [...untold, ...step.topics];
        tell();
      }
      if (isCongested !== connection.pendingCount() > pendingMax) regulate();
    }

    function refuse({ request }: RequestedCommand, reason: string): void {
      answered();
      perform(connection.refuse(request, reason));
    }

    /** Performs a step that only has output, such as an event. */
    function speak({ output }: Pick<Step, "output">): void {
      for (const each of output) say(each);
    }

    function say(output: Output): void {
      if (output.type === "text") {
        socket.send(output.text);
      } else {
        socket.close(output.code, output.reason);
        end();
      }
    }

    /** Ends the connection, whether or not the client knows it yet. */
    function end(): void {
      if (!joined.delete(connection)) return;
      for (const session of sessions) bus.detach(session);
      const commands = connection.end();
      if (!isStopping) replica.propose(commands);
    }

    function expect(command: Command): void {
      if (isRequested(command)) askedAt.push(clock.nowMs());
      if (command.type === "open_session") attach(command.session);
    }

    function attach(session: SessionId): void {
      sessions.add(session);
      bus.attach(session, receiver);
    }

    /** Returns whether the socket can still send it. */
    function hear(effect: TopicEffect): boolean {
      if (!socket.isOpen()) {
        meter.drop();
        return false;
      }
      if (connection.hear !== undefined) speak(connection.hear(effect));
      return true;
    }

    function deliver(effect: Effect): void {
      const pendingBefore = connection.pendingCount();
      const step = connection.deliver(effect);
      meter.count(effect.outcome);
      if (connection.pendingCount() < pendingBefore) answered();
      perform(step);
    }

    /** Measures the oldest pending command, which has its answer. */
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
        // Otherwise the messages before the end come first.
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
