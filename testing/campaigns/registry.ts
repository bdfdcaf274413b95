import { kills } from "../crash/kills.ts";
import { flips } from "../disk/flips.ts";
import { power } from "../disk/power.ts";
import { field } from "../field/campaign.ts";
import { ldlmFuzz } from "../fuzz/ldlm.ts";
import { ldlmGrpcFuzz } from "../fuzz/ldlm-grpc.ts";
import { locktopusFuzz } from "../fuzz/locktopus.ts";
import { nexusFuzz } from "../fuzz/nexus.ts";
import { softvisioFuzz } from "../fuzz/softvisio.ts";
import { model } from "../history/campaign.ts";
import { hostile } from "../hostile/campaign.ts";
import { histories } from "../recording/campaign.ts";
import { simulation, simulationsByNodeCount } from "../simulation/campaign.ts";
import type { Campaign } from "./campaign.ts";

const campaigns: readonly Campaign[] = [
  simulation,
  ...simulationsByNodeCount.values(),
  model,
  histories,
  power,
  flips,
  locktopusFuzz,
  ldlmFuzz,
  ldlmGrpcFuzz,
  softvisioFuzz,
  nexusFuzz,
  kills,
  hostile,
  field,
];

export const campaignNames: readonly string[] = campaigns.map(({ name }) => name);

/** Throws `RangeError` when there is none. */
export function campaignNamed(name: string): Campaign {
  const found = campaigns.find((campaign) => campaign.name === name);
  if (found !== undefined) return found;
  throw new RangeError(`no campaign named ${name}; there are ${campaignNames.join(", ")}`);
}
