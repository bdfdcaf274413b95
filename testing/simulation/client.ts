import type { Random } from "../history/random.ts";
import type { Chronicle } from "./chronicle.ts";
import type { Network } from "./network.ts";
import type { Scenario } from "./scenario.ts";
import type { Scheduler } from "./scheduler.ts";

/** What every client of a simulation is given. */
export interface ClientParts {
  /** As the chronicle calls it. */
  readonly name: string;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly network: Network;
  readonly chronicle: Chronicle;
  readonly scenario: Scenario;
  /** Of all clients together: those that somebody was told, for unlocks by others. */
  readonly keys: { readonly name: string; readonly key: string }[];
  /** Counts one request. */
  asked(): void;
  /** Whether it is time to go home. */
  isOver(): boolean;
}

/** Works until it is time to go home, and then leaves in one of the ways in which clients leave. */
export type Client = (parts: ClientParts) => Promise<void>;

export function pause({ scheduler, random }: ClientParts, msMax: number): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after((random.below(1000) / 1000) * msMax, resolve);
  });
}
