import type { FleetingLimits } from "../fleeting/apply.ts";
import type { Bus } from "./bus.ts";
import { busOf, createHost } from "./host.ts";

/** The bus of a single node, which has every connection. */
export function createLocalBus(limits: FleetingLimits): Bus {
  return busOf(createHost(limits));
}
