import type { NodeId } from "../../../src/core/ids.ts";
import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Network } from "../network/network.ts";
import type { Scenario } from "../scenario.ts";
import type { ClientClock } from "./client-clock.ts";
import type { EventLedger } from "./event-ledger.ts";

/** What a client of a simulation has to do with. */
export interface ClientParts {
  /** As the story calls it. */
  readonly name: string;
  /** Its own clock, by which it counts whatever it waits for. */
  readonly clock: ClientClock;
  readonly random: Random;
  readonly network: Network;
  /** Where it can connect to. */
  readonly nodes: readonly [NodeId, ...NodeId[]];
  readonly chronicle: Chronicle;
  readonly scenario: Scenario;
  /** The keys of all clients together, so that others may unlock by them. */
  readonly keys: { readonly name: string; readonly key: string }[];
  /** What clients of softvisio publish at this node: no other node's clients hear of it. */
  events(node: NodeId): EventLedger;
  /** Whether a lock with this key was granted and is not over, by the log. */
  isHeld(key: string): boolean;
  /** Whether anybody holds a lock of this name or waits for it, by the log. */
  isWanted(name: string): boolean;
  /** Whether nothing has kept any server from its work lately. */
  isCalm(): boolean;
  /** Counts one request. */
  asked(): void;
  /** Whether it is time to go home. */
  isOver(): boolean;
}

/** Works until it is time to go home, and then leaves in one of the ways in which clients leave. */
export type Client = (parts: ClientParts) => Promise<void>;

/** Where a client connects next: to the node that it knows, or to another. */
export function anyNode({ random, nodes }: ClientParts): NodeId {
  return random.pick(nodes);
}

/** For any time up to this one. */
export function pause(parts: ClientParts, msMax: number): Promise<void> {
  return wait(parts, (parts.random.below(1000) / 1000) * msMax);
}

export function wait({ clock }: ClientParts, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
