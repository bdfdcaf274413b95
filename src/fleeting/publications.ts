import { subscribersOf, type TopicState } from "./subscriptions.ts";
import type { EventEffect, Publish } from "./topics.ts";

export function publish(
  { sessions, subscriptions }: TopicState,
  { event, except: id }: Publish,
): readonly EventEffect[] {
  const except = id === undefined ? undefined : sessions.joined.get(id);
  const subscribers = subscribersOf(subscriptions, event.topic, except);
  return subscribers === undefined ? [] : [{ type: "event", sessions: subscribers, event }];
}
