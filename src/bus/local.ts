import type { SessionId } from "../core/ids.ts";
import {
  applyTopic,
  createTopics,
  type TopicEffect,
  type TopicLimits,
} from "../fleeting/topics.ts";
import type { Bus, Receiver } from "./bus.ts";

/** The bus of a single node: every connection is here. */
export function createLocalBus(limits: TopicLimits): Bus {
  const receivers = new Map<SessionId, Receiver>();
  const topics = createTopics(limits);
  let publishedTotal = 0;
  let heardTotal = 0;

  function tell(effect: TopicEffect): number {
    if (effect.type === "refused") {
      receivers.get(effect.session)?.hear?.(effect);
      return 0;
    }
    let heard = 0;
    for (const session of effect.sessions) {
      const hear = receivers.get(session)?.hear;
      if (hear === undefined) continue;
      heard += 1;
      hear(effect);
    }
    heardTotal += heard;
    return heard;
  }

  return {
    attach(session, receiver) {
      receivers.set(session, receiver);
    },
    detach(session) {
      receivers.delete(session);
      applyTopic(topics, { type: "leave", session });
    },
    send(effect) {
      receivers.get(effect.session)?.deliver(effect);
    },
    perform(command) {
      if (command.type === "publish") publishedTotal += 1;
      const effect = applyTopic(topics, command);
      return effect === undefined ? 0 : tell(effect);
    },
    counts: () => ({ subscriptions: topics.subscriptionCount, publishedTotal, heardTotal }),
  };
}
