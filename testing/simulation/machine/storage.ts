import type { World } from "../../../src/server/world.ts";
import type { FoundLog } from "./found-log.ts";
import type { SimulatedProcess } from "./process.ts";

/** How a process has ended: `power` takes what was not durable, in whole or in part. */
export type Ending = "exit" | "kill" | "power";

/** Where a machine's server has its log, which outlives its processes. */
export interface Storage {
  /** What a start would find now. */
  found(): FoundLog;
  /** The part of the world by which the server of this process reaches its log. */
  mount(process: SimulatedProcess): Pick<World, "disk" | "openLog" | "startSnapshot">;
  /** The power is about to be cut; the oracle must know how much may be lost by that. */
  expectPowerCut(): void;
  processEnded(how: Ending): void;
}
