import type { World } from "../../../src/server/world.ts";
import type { SimulatedProcess } from "./process.ts";

/** The way in which a process has ended. `power` loses data that was not durable, in whole or in part. */
export type Ending = "exit" | "kill" | "power";

/** The log of a machine's server, which outlives its processes. */
export interface Storage {
  /** A process is about to start. Returns the part of its world by which it reaches the log. */
  mount(process: SimulatedProcess): LogWorld;
  /** The power is about to be cut. */
  expectPowerCut(): void;
  processEnded(how: Ending): void;
}

export type LogWorld = Pick<World, "disk" | "openLog" | "isLogShared" | "startSnapshot">;
