import type { Event } from "../../fleeting/topics.ts";

/** The prefix of every event's name on the wire; the rest is its topic. */
const namePrefix = "/cluster/";

/** `undefined` for a name that no event has. */
export function topicOfName(name: string): string | undefined {
  return name.startsWith(namePrefix) ? name.slice(namePrefix.length).toWellFormed() : undefined;
}

export function nameOfTopic(topic: string): string {
  return namePrefix + topic;
}

/** The arguments of a publication; docs/protocols/softvisio.md, section 5. */
export interface Publication {
  readonly clusterId: string;
  readonly name: string;
  readonly users?: null | string | readonly unknown[];
  readonly data?: string;
}

/** The most users of one publication. */
export const usersMax = 10_000;

/** One event; for a name that ends in a slash, one per user. */
export function eventsOf({ clusterId, name, users, data }: Publication): readonly Event[] {
  const topic = `${clusterId}/${name}`;
  const payload = data === undefined ? {} : { payload: data };
  if (!name.endsWith("/")) return [{ topic: topic.toWellFormed(), ...payload }];
  const topics = usersOf(users).map((user) => (topic + user).toWellFormed());
  return [...new Set(topics)].map((each) => ({ topic: each, ...payload }));
}

function usersOf(users: Publication["users"]): readonly string[] {
  if (users === undefined || users === null) return [];
  const given = typeof users === "string" ? [users] : users;
  return given.filter(isUser).map(String);
}

function isUser(user: unknown): user is string | number {
  return typeof user === "string" || typeof user === "number";
}
