/**
 * The other nodes of the bus. Every event goes to all of them; each delivers it to its own sessions and, if
 * the publisher wants an answer, sends the numbers back.
 *
 *   publish ──▶ event ──▶ sessions here ─────────────────────▶ count ──▶ published
 *         └───▶ forward ~~▶ relay ──▶ event ──▶ sessions there ~~▶ count ─┘
 */
import type { RunId, SessionId } from "../core/ids.ts";
import type { Event, PublicationId } from "./topics.ts";

export type NodeCommand = AddNode | RemoveNode | Relay | Count;

/** A run of another node takes part from now on. */
export interface AddNode {
  readonly type: "add_node";
  readonly run: RunId;
  /** Its last publication before this moment: everything up to it is too old for the sessions here. */
  readonly lastNumber: number;
}

/** The run has ended. It never takes part again: the next run of its node is another. */
export interface RemoveNode {
  readonly type: "remove_node";
  readonly run: RunId;
}

/** Brings an event that was published on another node. */
export interface Relay {
  readonly type: "relay";
  readonly publication: PublicationId;
  readonly event: Event;
  readonly except: SessionId | undefined;
  /** The publisher's node waits for a `count`. */
  readonly isCounted: boolean;
}

/** Reports how many sessions of one node an event of this node was delivered to. */
export interface Count {
  readonly type: "count";
  readonly publication: PublicationId;
  /** The node that reports, maybe this one. */
  readonly run: RunId;
  readonly delivered: number;
  readonly failed: number;
}

/** Goes to all other nodes. It may be lost, or arrive more than once. */
export interface ForwardEffect {
  readonly type: "forward";
  readonly relay: Relay;
}

export interface Nodes {
  readonly own: RunId;
  readonly others: Map<RunId, OtherNode>;
  /** Events of other nodes that did not arrive, known once a later one did. */
  lostCount: number;
}

interface OtherNode {
  /** The last of its publications that arrived. */
  lastNumber: number;
}

export function createNodes(own: RunId): Nodes {
  return { own, others: new Map(), lostCount: 0 };
}

export function addNode({ others }: Nodes, { run, lastNumber }: AddNode): void {
  if (!others.has(run)) others.set(run, { lastNumber });
}

/** Whether the publication comes from a node that takes part, and neither again nor too late. */
export function admits(nodes: Nodes, { run, number }: PublicationId): boolean {
  const node = nodes.others.get(run);
  if (node === undefined || number <= node.lastNumber) return false;
  nodes.lostCount += number - node.lastNumber - 1;
  node.lastNumber = number;
  return true;
}
