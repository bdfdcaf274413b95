import type { SessionId } from "../../src/core/ids.ts";
import type { FleetingCommand } from "../../src/fleeting/command.ts";
import type { Filter, Publish, Subscribe, TopicLimits } from "../../src/fleeting/topics.ts";

/** An effect with the ids of its sessions, sorted. */
export type ModelEffect =
  | { readonly type: "event"; readonly sessions: readonly SessionId[]; readonly topic: string }
  | { readonly type: "refused"; readonly session: SessionId; readonly filter: Filter };

/** The naive fleeting plane: lists that are searched from one end to the other for each command. */
export function createFleetingModel({ subscriptionsPerSessionMax, topicBytesMax }: TopicLimits) {
  const joined = new Set<SessionId>();
  let subscriptions: Subscription[] = [];

  function apply(command: FleetingCommand): readonly ModelEffect[] {
    switch (command.type) {
      case "join":
        joined.add(command.session);
        return [];
      case "leave":
        joined.delete(command.session);
        subscriptions = subscriptions.filter(({ session }) => session !== command.session);
        return [];
      case "subscribe":
        return joined.has(command.session) ? subscribe(command) : [];
      case "unsubscribe":
        subscriptions = subscriptions.filter((each) => !isSame(each, command));
        return [];
      case "publish":
        return publish(command);
    }
  }

  function subscribe({ session, filter }: Subscribe): readonly ModelEffect[] {
    if (subscriptions.some((each) => isSame(each, { session, filter }))) return [];
    const own = subscriptions.filter((each) => each.session === session);
    const isTooLong = Buffer.byteLength(textOf(filter)) > topicBytesMax;
    if (isTooLong || own.length >= subscriptionsPerSessionMax) {
      return [{ type: "refused", session, filter }];
    }
    subscriptions.push({ session, filter });
    return [];
  }

  function publish({ event, except }: Publish): readonly ModelEffect[] {
    const sessions = subscribersOf(event.topic).filter((session) => session !== except);
    const isSilent = sessions.length === 0;
    return isSilent ? [] : [{ type: "event", sessions, topic: event.topic }];
  }

  function subscribersOf(topic: string): readonly SessionId[] {
    const fitting = subscriptions.filter(({ filter }) => isFitting(filter, topic));
    return [...new Set(fitting.map(({ session }) => session))].sort();
  }

  return { apply, subscriptionCount: () => subscriptions.length };
}

type Subscription = { readonly session: SessionId; readonly filter: Filter };

function isSame(one: Subscription, other: Subscription): boolean {
  const isAlike = one.session === other.session && one.filter.type === other.filter.type;
  return isAlike && textOf(one.filter) === textOf(other.filter);
}

function isFitting(filter: Filter, topic: string): boolean {
  return filter.type === "topic" ? filter.topic === topic : topic.startsWith(filter.prefix);
}

function textOf(filter: Filter): string {
  return filter.type === "topic" ? filter.topic : filter.prefix;
}
