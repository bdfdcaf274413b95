import type { Logger } from "pino";
import { type ListenerLimits, listenerLimitsDefault } from "./listen/listener.ts";

/** The limits of a listener that cost a file per connection. */
export type ConnectionCaps = Pick<
  ListenerLimits,
  "connectionsMax" | "reservedMax" | "turnedAwayMax"
>;

export interface PortCaps {
  /** Of each port with APIs. */
  readonly ordinary: ConnectionCaps;
  /** Of the port for operators, where no address may take all connections. */
  readonly operations: ConnectionCaps & Pick<ListenerLimits, "connectionsPerAddressMax">;
}

export interface ConnectionCapsOptions {
  readonly openFilesMax: number | undefined;
  /** Ports with APIs. */
  readonly portCount: number;
  readonly hasOperations: boolean;
  /** The configured maximum of one port with APIs. */
  readonly connectionsMax: number;
  readonly logger: Logger;
}

/**
 * Files for the log, a snapshot, the threads' event loops and pipes, and the ports. The server has 30 open
 * without a client and 37 during a snapshot. The reserve is larger because without a free file there
 * is no snapshot and no new segment, so the log would only grow.
 */
const ownFilesMax = 100;

/** Shares of a port's files, where these are scarce: for clients that get a 503, and for pages beyond the caps. */
const turnedAwayPart = 1 / 8;
const reservedPart = 1 / 16;

/** The port for operators has a few probes and scrapers. */
const operationsDefault = {
  connectionsMax: 64,
  connectionsPerAddressMax: 32,
  reservedMax: 0,
  turnedAwayMax: 16,
};

/** Share of all files, where these are scarce, for the connections of the port for operators. */
const operationsPart = 1 / 16;

/**
 * The caps of each port that keep connections from taking the files that the server itself needs. Logs a
 * warning when a cap is lower than the configuration says.
 */
export function connectionCaps(options: ConnectionCapsOptions): PortCaps {
  const { openFilesMax, portCount, hasOperations, connectionsMax, logger } = options;
  const { reservedMax, turnedAwayMax } = listenerLimitsDefault;
  const ordinary = { connectionsMax, reservedMax, turnedAwayMax };
  const forOperations = hasOperations ? filesOf(operationsDefault) : 0;
  const openFilesNeeded = ownFilesMax + forOperations + portCount * filesOf(ordinary);
  if (openFilesMax === undefined || openFilesMax >= openFilesNeeded) {
    return { ordinary, operations: operationsDefault };
  }
  const caps = capsWithin(openFilesMax, options);
  if (caps.ordinary.connectionsMax < connectionsMax) {
    const connectionsAdmitted = caps.ordinary.connectionsMax;
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

function filesOf({ connectionsMax, reservedMax, turnedAwayMax }: ConnectionCaps): number {
  return connectionsMax + reservedMax + turnedAwayMax;
}

function capsWithin(
  openFilesMax: number,
  { portCount, hasOperations, connectionsMax }: ConnectionCapsOptions,
): PortCaps {
  // Under a very low limit the server keeps half.
  const ownFiles = Math.min(ownFilesMax, Math.ceil(openFilesMax / 2));
  const operations = {
    ...operationsDefault,
    connectionsMax: partOf(openFilesMax, operationsPart, operationsDefault.connectionsMax),
    turnedAwayMax: 0,
  };
  const forOperations = hasOperations ? filesOf(operations) : 0;
  const ofPort = Math.floor((openFilesMax - ownFiles - forOperations) / portCount);
  const turnedAwayMax = partOf(ofPort, turnedAwayPart, listenerLimitsDefault.turnedAwayMax);
  const reservedMax = partOf(ofPort, reservedPart, listenerLimitsDefault.reservedMax);
  const admitted = ofPort - turnedAwayMax - reservedMax;
  const ordinary = {
    connectionsMax: Math.min(connectionsMax, admitted),
    reservedMax,
    turnedAwayMax,
  };
  return { ordinary, operations };
}

function partOf(files: number, part: number, max: number): number {
  return Math.min(max, Math.ceil(files * part));
}
