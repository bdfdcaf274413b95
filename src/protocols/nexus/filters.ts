/** How subscriptions are written; docs/protocols/nexus.md, section 9. */
import { isDottedName } from "../../core/users/names.ts";
import type { Filter } from "../../fleeting/topics.ts";

/** `a.*` is `a` and all below it, and `*` or `.*` is everything; elsewhere a star means nothing. */
export function filterOf(topic: string): Filter | undefined {
  if (topic === "*" || topic === ".*") return { type: "subtree", root: "" };
  if (!isDottedName(topic)) return undefined;
  if (!topic.endsWith(".*")) return { type: "topic", topic };
  return { type: "subtree", root: topic.slice(0, -2) };
}

/** How a subscription is written. */
export function topicOf(filter: Filter): string {
  switch (filter.type) {
    case "topic":
      return filter.topic;
    case "prefix":
      return `${filter.prefix}*`;
    case "subtree":
      return `${filter.root}.*`;
  }
}
