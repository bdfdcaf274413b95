import type { RunId } from "../core/ids.ts";
import type { Bus, BusOptions } from "./bus.ts";
import { busOf, type Carrier, createHost } from "./host.ts";

/** The bus of a single node, which has every connection. */
export function createLocalBus(options: BusOptions): Bus {
  return busOf(createHost({ ...options, run: "local" as RunId, carrier: noOtherNodes }));
}

const noOtherNodes: Carrier = {
  relay() {},
  count() {},
};
