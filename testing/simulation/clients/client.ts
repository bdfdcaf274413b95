import type { NodeId } from "../../../src/core/ids.ts";
import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Network } from "../network/network.ts";
import type { Scenario } from "../scenario.ts";
import type { ClientClock } from "./client-clock.ts";
import type { EventLedger } from "./event-ledger.ts";
import type { TaskLedger } from "./task-ledger.ts";

/** The surroundings of a client, and the knowledge by which it judges the servers. */
export interface ClientParts {
  /** As the story calls it. */
  readonly name: string;
  /** The client's own clock; all of its waits are by this one. */
  readonly clock: ClientClock;
  readonly random: Random;
  readonly network: Network;
  /** The nodes to which it can connect. */
  readonly nodes: readonly [NodeId, ...NodeId[]];
  readonly chronicle: Chronicle;
  readonly scenario: Scenario;
  /** The keys that any client has received, by which others unlock at times. */
  readonly keys: { readonly name: string; readonly key: string }[];
  /** The pipes that clients of Nexus have made, at which node. */
  readonly pipes: { readonly node: NodeId; readonly id: string }[];
  readonly tasks: TaskLedger;
  /** The events of this node. Clients of other nodes do not receive them. */
  events(node: NodeId): EventLedger;
  /** Whether the log says that a lock with this key is granted. */
  isHeld(key: string): boolean;
  /** Whether the log says that some request holds a lock of this name or waits for it. */
  isWanted(name: string): boolean;
  /** Whether the log says that a task with these params waits or is worked at. */
  isPushed(params: string): boolean;
  /** Whether nothing has disturbed any server lately. */
  isCalm(): boolean;
  /** Counts one request. */
  asked(): void;
  /** Whether the client should finish. */
  isOver(): boolean;
}

/** Works until it should finish, and then leaves in one of the ways in which clients leave. */
export type Client = (parts: ClientParts) => Promise<void>;

/** The node to which a client connects next: the same as before, or another. */
export function anyNode({ random, nodes }: ClientParts): NodeId {
  return random.pick(nodes);
}

/** Waits for any time up to `msMax`. */
export function pause(parts: ClientParts, msMax: number): Promise<void> {
  return wait(parts, (parts.random.below(1000) / 1000) * msMax);
}

export function wait({ clock }: ClientParts, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
