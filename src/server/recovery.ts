import { resolve } from "node:path";
import type { Logger } from "pino";
import type { State } from "../core/apply.ts";
import { othersAmong } from "../log/file/mod.ts";
import type { Log } from "../log/log.ts";
import { recoverState } from "./compact.ts";
import type { Config } from "./config.ts";
import type { Observer } from "./observer.ts";
import type { World } from "./world.ts";

export interface RecoveryOptions {
  readonly config: Pick<Config, "data">;
  readonly world: Pick<World, "clock" | "disk">;
  readonly logger: Pick<Logger, "info" | "warn">;
  readonly observer: Observer | undefined;
}

/** Recovers the state from the log, and tells what was found. */
export async function recover(log: Log, options: RecoveryOptions): Promise<State> {
  const { world, logger, observer } = options;
  const beganMs = world.clock.nowMs();
  const { state, snapshotIndex } = await recoverState(log);
  const { lastIndex, durability, files } = log.status();
  const ms = Math.round(world.clock.nowMs() - beganMs);
  const locks = state.locks.grantedCount;
  const sessions = state.sessions.open.size;
  const stateBytes = state.holdings.bytes;
  const found = { snapshotIndex, lastIndex, sessions, locks, stateBytes, ms };
  logger.info({ durability, ...found }, "recovered");
  observer?.recovered(state);
  if (files?.isNew) await tellNew(options);
  if (files !== undefined && files.tornBytes > 0) {
    logger.warn(
      { tornBytes: files.tornBytes },
      "cut off a torn record at the end of the log, which was never acknowledged",
    );
  }
  return state;
}

/** A mistyped folder, or one that is not mounted, looks like a server that has lost everything. */
async function tellNew({ config, world, logger }: RecoveryOptions): Promise<void> {
  if (config.data.type === "memory") return;
  const folder = resolve(config.data.path);
  const names = await world.disk.list(config.data.path);
  const others = othersAmong(names).filter((name) => !ordinary.test(name));
  if (others.length === 0) {
    logger.info({ folder }, "made a new, empty data folder");
  } else {
    const files = others.slice(0, shownMax);
    logger.warn({ folder, files }, "made a new, empty log in a folder with other files");
  }
}

/** Other files that a line of the log names. */
const shownMax = 5;

/** What folders and mount points often have besides. */
const ordinary = /^(?:\..*|lost\+found|.*\.sock)$/;
