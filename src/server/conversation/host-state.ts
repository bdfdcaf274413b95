/** What a host has, besides its functions. */
import type { Logger } from "pino";
import type { Bus } from "../../bus/bus.ts";
import type { Clock } from "../clock.ts";
import type { FanOut } from "../fan-out.ts";
import type { OperationMeter } from "../operation-meter.ts";
import type { Replica } from "../replica.ts";
import type { IdleWatch } from "./idle-watch.ts";
import type { LentSessions } from "./lent-sessions.ts";
import type { Peer } from "./peer.ts";
import type { Sifter } from "./sifter.ts";
import type { Warnings } from "./warnings.ts";

export interface HostOptions {
  readonly replica: Pick<Replica, "propose">;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Pick<Clock, "nowMs" | "recentMs" | "soon" | "every">;
  readonly fanOut: FanOut;
  readonly logger: Logger;
  /** What one peer may have pending; beyond that the host stops reading from it. */
  readonly pendingMax: number;
}

export interface HostState extends HostOptions {
  readonly peers: Set<Peer>;
  readonly lent: LentSessions<Peer>;
  readonly warnings: Warnings;
  readonly sifter: Sifter;
  readonly idleWatch: IdleWatch;
  isStopping: boolean;
}
