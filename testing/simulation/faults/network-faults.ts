import type { Calm } from "../machine/calm.ts";
import type { Network } from "../network/network.ts";
import type { Fault, FaultKit } from "./faults.ts";

export function networkFaults(
  { random, happened, untilCured }: FaultKit,
  network: Network,
  calms: readonly Calm[],
): readonly Fault[] {
  return [
    () => {
      const how = network.breakOne();
      if (how !== undefined) happened(how);
    },
    () => {
      happened("the network is slow");
      network.latencyMsMax = random.pick([100, 2_000]);
      const run = () => {
        network.latencyMsMax = 2;
      };
      untilCured(calms, { ms: 3_000, words: "the network is quick again", run });
    },
    () => {
      happened("requests over HTTP are lost and doubled");
      network.lossChance = 0.3;
      const run = () => {
        network.lossChance = 0;
      };
      const words = "requests over HTTP arrive again, and once";
      untilCured(calms, { ms: 3_000, words, run });
    },
  ];
}
