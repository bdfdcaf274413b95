import type { Event } from "../../fleeting/topics.ts";

/** The beginning of every name of an event on the wire; the rest is its topic. */
const namePrefix = "/cluster/";

/** `undefined`: no event ever has that name. */
export function topicOfName(name: string): string | undefined {
  return name.startsWith(namePrefix) ? name.slice(namePrefix.length).toWellFormed() : undefined;
}

export function nameOfTopic(topic: string): string {
  return namePrefix + topic;
}

/** What is to be published; docs/protocols/softvisio.md, section 5. */
export interface Publication {
  readonly clusterId: string;
  readonly name: string;
  readonly users?: null | string | readonly unknown[];
  readonly data?: string;
}

/** Users of one publication; the others hear nothing. */
export const usersMax = 10_000;

/** One event; or, for a name that ends in a slash, one for each of the users. */
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
