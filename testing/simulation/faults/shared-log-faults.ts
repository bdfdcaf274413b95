import type { Host } from "../machine/host.ts";
import type { SharedStorage } from "../machine/shared-storage.ts";
import type { Fault, FaultKit } from "./faults.ts";

export interface Member {
  readonly host: Host;
  readonly storage: SharedStorage;
}

/** What happens on the way of one node to the log that it shares. */
export function sharedLogFaults(
  { scheduler, random, tell, happened, untilCured }: FaultKit,
  members: readonly [Member, ...Member[]],
): readonly Fault[] {
  return [killAtAppend, slowToNode, slowToNode, slowToLog];

  /** The append has left. It may be in the log afterwards or not, and a new process may be there before it. */
  function killAtAppend(): void {
    const { host, storage } = random.pick(members);
    tell(`${host.node} will be killed at its next append`);
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
      storage.toNodeMsMax = 2;
    };
    const words = `${host.node} reads the log in time again`;
    untilCured([host.calm], { ms: 3_000, words, run });
  }

  function slowToLog(): void {
    const { host, storage } = random.pick(members);
    happened(`${host.node} appends late`);
    storage.toLogMsMax = random.pick([100, 2_000]);
    const run = () => {
      storage.toLogMsMax = 2;
    };
    const words = `${host.node} appends in time again`;
    untilCured([host.calm], { ms: 3_000, words, run });
  }
}
