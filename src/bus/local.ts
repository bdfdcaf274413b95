import type { SessionId } from "../core/ids.ts";
import {
  applyTopic,
  createTopics,
  type TopicCommand,
  type TopicEffect,
  type TopicLimits,
} from "../fleeting/topics.ts";
import type { Bus, Receiver } from "./bus.ts";

/** The bus of a single node, which has every connection. */
export function createLocalBus(limits: TopicLimits): Bus {
  const receivers = new Map<SessionId, Receiver>();
  /** Keyed by receiver, so that an event needs no lookup per subscriber. */
  const topics = createTopics<Receiver>(limits);
  let publishedTotal = 0;
  let heardTotal = 0;

  function tell(effect: TopicEffect<Receiver>): number {
    if (effect.type === "refused") {
      effect.session.hear?.(effect);
      return 0;
    }
    let heard = 0;
    for (const receiver of effect.sessions) {
      if (receiver.hear === undefined) continue;
      heard += 1;
      receiver.hear(effect);
    }
    heardTotal += heard;
    return heard;
  }

  function detach(session: SessionId): void {
    const receiver = receivers.get(session);
    if (receiver === undefined) return;
    receivers.delete(session);
    applyTopic(topics, { type: "leave", session: receiver });
  }

  /** `undefined` if the subscriber is not attached here. */
  function forReceiver(command: TopicCommand): TopicCommand<Receiver> | undefined {
    if (command.type === "publish") {
      const { except, ...publication } = command;
      const passedOver = except === undefined ? undefined : receivers.get(except);
      return passedOver === undefined ? publication : { ...publication, except: passedOver };
    }
    const session = receivers.get(command.session);
    return session && { ...command, session };
  }

  return {
    attach(session, receiver) {
      if (receivers.get(session) !== receiver) detach(session);
      receivers.set(session, receiver);
    },
    detach,
    send(effect) {
      const receiver = receivers.get(effect.session);
      receiver?.deliver(effect);
      return receiver !== undefined;
    },
    perform(command) {
      if (command.type === "publish") publishedTotal += 1;
      const known = forReceiver(command);
      const effect = known && applyTopic(topics, known);
      return effect === undefined ? 0 : tell(effect);
    },
    counts: () => ({ subscriptions: topics.subscriptionCount, publishedTotal, heardTotal }),
  };
}
