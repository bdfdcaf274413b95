/** The subscriptions of sessions, which hear of the topics themselves. */
import type { JoinedSession, Sessions } from "./sessions.ts";
import { type Subscriptions, subscribe, unsubscribe } from "./subscriptions.ts";
import type { Subscribe, SubscriptionRefused, Unsubscribe } from "./topics.ts";

/** The part of the state that they need. */
export interface SessionTopics {
  readonly sessions: Sessions;
  readonly subscriptions: Subscriptions<JoinedSession>;
}

const none: readonly never[] = [];

export function subscribeSession(
  { sessions, subscriptions }: SessionTopics,
  { session: id, filter }: Subscribe,
): readonly SubscriptionRefused[] {
  const session = sessions.joined.get(id);
  if (session === undefined) return none;
  const rejection = subscribe(subscriptions, session, filter);
  return rejection === undefined ? none : [{ type: "refused", session, filter, rejection }];
}

export function unsubscribeSession(
  { sessions, subscriptions }: SessionTopics,
  { session: id, filter }: Unsubscribe,
): readonly never[] {
  const session = sessions.joined.get(id);
  if (session !== undefined) unsubscribe(subscriptions, session, filter);
  return none;
}
