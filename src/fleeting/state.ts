import { createSessions } from "./sessions.ts";
import { createSubscriptions, type TopicState } from "./subscriptions.ts";
import type { TopicLimits } from "./topics.ts";

/** The limits of all primitives. */
export type FleetingLimits = TopicLimits;

/** Owned by `apply`; others may only read it, between two commands. */
export interface State extends TopicState {}

export function createState(limits: FleetingLimits): State {
  return { sessions: createSessions(), subscriptions: createSubscriptions(limits) };
}
