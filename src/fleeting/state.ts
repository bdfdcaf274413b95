import type { RunId } from "../core/ids.ts";
import { createNodes } from "./nodes.ts";
import { createPublications, type PublishingState } from "./publications.ts";
import { createSessions } from "./sessions.ts";
import { createSubscriptions } from "./subscriptions.ts";
import type { TopicLimits } from "./topics.ts";

/** The limits of all primitives. */
export type FleetingLimits = TopicLimits;

/** Owned by `apply`; others may only read it, between two commands. */
export interface State extends PublishingState {}

export interface StateOptions {
  readonly limits: FleetingLimits;
  /** This run of this node. */
  readonly run: RunId;
}

export function createState({ limits, run }: StateOptions): State {
  return {
    sessions: createSessions(),
    nodes: createNodes(run),
    subscriptions: createSubscriptions(limits),
    publications: createPublications(limits),
  };
}
