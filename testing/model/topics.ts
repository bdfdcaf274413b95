import type { SessionId } from "../../src/core/ids.ts";
import type { Filter, TopicCommand, TopicLimits } from "../../src/fleeting/topics.ts";

/** The naive topics: a list of who wants what, read from one end to the other for each event. */
export function createTopicsModel({ subscriptionsPerSessionMax, topicBytesMax }: TopicLimits) {
  let wishes: { readonly session: SessionId; readonly filter: Filter }[] = [];

  /** Who hears it, or `refused`, in no order; nobody for what is no event. */
  function apply(command: TopicCommand): readonly SessionId[] | "refused" {
    switch (command.type) {
      case "subscribe":
        return subscribe(command.session, command.filter);
      case "unsubscribe":
        wishes = wishes.filter((wish) => !isSame(wish, command));
        return [];
      case "leave":
        wishes = wishes.filter(({ session }) => session !== command.session);
        return [];
      case "publish": {
        const { event, except } = command;
        const hearers = wishes.filter(({ filter }) => isWanted(filter, event.topic));
        const sessions = new Set(hearers.map(({ session }) => session));
        return [...sessions].filter((session) => session !== except);
      }
    }
  }

  function subscribe(session: SessionId, filter: Filter): readonly SessionId[] | "refused" {
    if (wishes.some((wish) => isSame(wish, { session, filter }))) return [];
    const own = wishes.filter((wish) => wish.session === session);
    if (Buffer.byteLength(textOf(filter)) > topicBytesMax) return "refused";
    if (own.length >= subscriptionsPerSessionMax) return "refused";
    wishes.push({ session, filter });
    return [];
  }

  return { apply, count: () => wishes.length };
}

type Wish = { readonly session: SessionId; readonly filter: Filter };

function isSame(one: Wish, other: Wish): boolean {
  const isAlike = one.session === other.session && one.filter.type === other.filter.type;
  return isAlike && textOf(one.filter) === textOf(other.filter);
}

function isWanted(filter: Filter, topic: string): boolean {
  return filter.type === "topic" ? filter.topic === topic : topic.startsWith(filter.prefix);
}

function textOf(filter: Filter): string {
  return filter.type === "topic" ? filter.topic : filter.prefix;
}
