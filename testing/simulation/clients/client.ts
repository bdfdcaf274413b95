import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Network } from "../network/network.ts";
import type { Scenario } from "../scenario.ts";
import type { ClientClock } from "./client-clock.ts";
import type { EventLedger } from "./event-ledger.ts";

/** What every client of a simulation is given. */
export interface ClientParts {
  /** As the chronicle calls it. */
  readonly name: string;
  /** Its own; all that it waits for, it waits for by this one. */
  readonly clock: ClientClock;
  readonly random: Random;
  readonly network: Network;
  readonly chronicle: Chronicle;
  readonly scenario: Scenario;
  /** Of all clients together: those that somebody was told, for unlocks by others. */
  readonly keys: { readonly name: string; readonly key: string }[];
  /** What those of softvisio publish. */
  readonly events: EventLedger;
  /** Whether the server, as far as is known of it, has granted a lock with this key, and it is not over. */
  isHeld(key: string): boolean;
  /** Whether somebody holds a lock of this name or waits for it, as far as is known of the server. */
  isWanted(name: string): boolean;
  /** Whether nothing has kept the server from its work lately. */
  isCalm(): boolean;
  /** Counts one request. */
  asked(): void;
  /** Whether it is time to go home. */
  isOver(): boolean;
}

/** Works until it is time to go home, and then leaves in one of the ways in which clients leave. */
export type Client = (parts: ClientParts) => Promise<void>;

/** For any time up to this one. */
export function pause(parts: ClientParts, msMax: number): Promise<void> {
  return wait(parts, (parts.random.below(1000) / 1000) * msMax);
}

export function wait({ clock }: ClientParts, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(ms, resolve);
  });
}
