/** All trials of the campaign: the attacks on a server, and what else clients and disks may do to it. */
import { attacks } from "./attacks.ts";
import type { Row } from "./bounds.ts";
import { type Aside, type TrialTimes, tryAttack } from "./trial.ts";
import { foreignHost } from "./trials/foreign-host.ts";
import { fullDisk } from "./trials/full-disk.ts";
import { hangUp } from "./trials/hang-up.ts";
import { lockstep } from "./trials/lockstep.ts";
import { nexusLockstep } from "./trials/nexus-lockstep.ts";

export interface Trial {
  readonly name: string;
  run(times: TrialTimes, aside: Aside): Promise<Row>;
}

export const trials: readonly Trial[] = [
  ...attacks.map((attack) => ({
    name: attack.name,
    run: (times: TrialTimes, aside: Aside) => tryAttack(attack, times, aside),
  })),
  lockstep,
  nexusLockstep,
  fullDisk,
  hangUp,
  foreignHost,
];

/** Seeds one after the other give one trial after the other. */
export function trialAt(seed: number): Trial {
  return trials[seed % trials.length] ?? foreignHost;
}

/** Throws `RangeError` when there is none. */
export function trialNamed(name: string): Trial {
  const found = trials.find((trial) => trial.name === name);
  if (found !== undefined) return found;
  throw new RangeError(
    `no attack named ${name}; there are ${trials.map((t) => t.name).join(", ")}`,
  );
}
