import type { Logger } from "pino";
import { listenerLimitsDefault } from "./listen/listener.ts";

/** The limits of a listener that cost a file per connection. */
export interface ConnectionCaps {
  readonly connectionsMax: number;
  readonly turnedAwayMax: number;
}

export interface ConnectionCapsOptions {
  readonly openFilesMax: number | undefined;
  readonly portCount: number;
  /** The configured maximum of one port. */
  readonly connectionsMax: number;
  readonly logger: Logger;
}

/**
 * Files for the log, a snapshot, the threads' event loops and pipes, and the ports. The server has 30 open
 * without a client and 37 during a snapshot. The reserve is larger because without a free file there
 * is no snapshot and no new segment, so the log would only grow.
 */
const ownFilesMax = 100;

/** Share of a port's files, where these are scarce, for clients that get a 503: one for every 7 served. */
const turnedAwayPart = 1 / 8;

/**
 * The caps of each port that keep connections from taking the files that the server itself needs. Logs a
 * warning when a cap is lower than the configuration says.
 */
export function connectionCaps(options: ConnectionCapsOptions): ConnectionCaps {
  const { openFilesMax, portCount, connectionsMax, logger } = options;
  const { turnedAwayMax } = listenerLimitsDefault;
  const openFilesNeeded = ownFilesMax + portCount * (connectionsMax + turnedAwayMax);
  if (openFilesMax === undefined || openFilesMax >= openFilesNeeded) {
    return { connectionsMax, turnedAwayMax };
  }
  const caps = capsWithin(openFilesMax, options);
  if (caps.connectionsMax < connectionsMax) {
    const connectionsAdmitted = caps.connectionsMax;
    logger.warn(
      { openFilesMax, openFilesNeeded, connectionsMax, connectionsAdmitted },
      tooFewFiles,
    );
  }
  return caps;
}

const tooFewFiles =
  "the limit of open files is too low for limits.connectionsMax, so fewer connections are admitted: " +
  "raise it (systemd: LimitNOFILE=, shell: ulimit -n, Docker: --ulimit nofile=), or lower limits.connectionsMax";

function capsWithin(
  openFilesMax: number,
  { portCount, connectionsMax }: ConnectionCapsOptions,
): ConnectionCaps {
  // Under a very low limit the server keeps half.
  const ownFiles = Math.min(ownFilesMax, Math.ceil(openFilesMax / 2));
  const ofPort = Math.floor((openFilesMax - ownFiles) / portCount);
  const turnedAwayMax = Math.min(
    listenerLimitsDefault.turnedAwayMax,
    Math.ceil(ofPort * turnedAwayPart),
  );
  return { connectionsMax: Math.min(connectionsMax, ofPort - turnedAwayMax), turnedAwayMax };
}
