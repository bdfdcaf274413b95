import type { RunId } from "../core/ids.ts";
import { createNodes } from "./nodes.ts";
import { createPipes } from "./pipe-state.ts";
import { type PipeLimits, pipeLimitsDefault } from "./pipes.ts";
import { createPublications, type PublishingState } from "./publications.ts";
import { createSessions } from "./sessions.ts";
import { createSubscriptions } from "./subscriptions.ts";
import { type TopicLimits, topicLimitsDefault } from "./topics.ts";

/** The limits of all primitives. */
export type FleetingLimits = TopicLimits & PipeLimits;

export const fleetingLimitsDefault: FleetingLimits = {
  ...topicLimitsDefault,
  ...pipeLimitsDefault,
};

/** Owned by `apply`; others may only read it, between two commands. */
export interface State extends PublishingState {}

export interface StateOptions {
  readonly limits: FleetingLimits;
  /** This run of this node. */
  readonly run: RunId;
}

export function createState({ limits, run }: StateOptions): State {
  const subscriptionCounts = new Map<string, number>();
  return {
    sessions: createSessions(),
    nodes: createNodes(run),
    subscriptions: createSubscriptions(limits, subscriptionCounts),
    pipes: createPipes(limits, subscriptionCounts),
    publications: createPublications(limits),
  };
}
