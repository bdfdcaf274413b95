import type { Host } from "../machine/host.ts";
import { type SharedStorage, wayMsMax } from "../machine/shared-storage.ts";
import type { Fault, FaultKit } from "./faults.ts";

export interface Member {
  readonly host: Host;
  readonly storage: SharedStorage;
}

/** Faults of one node's ways to the log that it shares. */
export function sharedLogFaults(
  { scheduler, random, note, happened, untilCured }: FaultKit,
  members: readonly [Member, ...Member[]],
): readonly Fault[] {
  return [killAtAppend, slowToNode, slowToNode, slowToLog];

  /** The append has left: it may reach the log or not, and may do so after the next process has started. */
  function killAtAppend(): void {
    const { host, storage } = random.pick(members);
    note(`${host.node} will be killed at its next append`);
    storage.appending = () => {
      happened(`kill -9 at ${host.node}`);
      host.crash("kill");
      scheduler.after(random.pick([1, 500, 3_000]), host.start);
    };
  }

  function slowToNode(): void {
    const { host, storage } = random.pick(members);
    happened(`${host.node} reads the log late`);
    storage.toNodeMsMax = random.pick([100, 2_000]);
    const run = () => {
      storage.toNodeMsMax = wayMsMax;
    };
    const words = `${host.node} reads the log in time again`;
    untilCured([host.calm], { ms: 3_000, words, run });
  }

  function slowToLog(): void {
    const { host, storage } = random.pick(members);
    happened(`${host.node} appends late`);
    storage.toLogMsMax = random.pick([100, 2_000]);
    const run = () => {
      storage.toLogMsMax = wayMsMax;
    };
    const words = `${host.node} appends in time again`;
    untilCured([host.calm], { ms: 3_000, words, run });
  }
}
