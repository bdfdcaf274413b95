import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { listenerLimitsDefault } from "./listen/listener.ts";

/**
 * How many files and sockets this process may have open at once (RLIMIT_NOFILE). Node has raised the
 * soft limit to the hard one at its start. `undefined`: there is no limit, or not the file in which
 * Linux tells it; proc(5).
 */
export function readOpenFilesMax(): number | undefined {
  try {
    return openFilesMaxIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return undefined;
  }
}

/** The same, of the text of that file. */
export function openFilesMaxIn(limits: string): number | undefined {
  const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return soft === undefined ? undefined : Number(soft);
}

/** Those of a listener's limits that cost a file each. */
export interface ConnectionCaps {
  readonly connectionsMax: number;
  readonly turnedAwayMax: number;
}

export interface ConnectionCapsOptions {
  readonly openFilesMax: number | undefined;
  readonly portCount: number;
  /** Of one port, as it is configured. */
  readonly connectionsMax: number;
  readonly logger: Logger;
}

/**
 * What the log, a snapshot, the event loops of the threads and their pipes need, and the ports: the
 * server has 30 files open without a client and 37 while it makes a snapshot. More are kept: without
 * one to spare there is no snapshot and no new segment, and the log only grows.
 */
const ownFilesMax = 100;

/** Of a port's files, where they are few: one for a client that is told so for every 7 that are served. */
const turnedAwayPart = 1 / 8;

/**
 * The caps of each port with which connections never take the files that the server itself needs. Warns
 * when that is less than what is configured.
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
  // Of a limit that is very low, the server keeps half.
  const ownFiles = Math.min(ownFilesMax, Math.ceil(openFilesMax / 2));
  const ofPort = Math.floor((openFilesMax - ownFiles) / portCount);
  const turnedAwayMax = Math.min(
    listenerLimitsDefault.turnedAwayMax,
    Math.ceil(ofPort * turnedAwayPart),
  );
  return { connectionsMax: Math.min(connectionsMax, ofPort - turnedAwayMax), turnedAwayMax };
}
