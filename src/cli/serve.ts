import type { Command } from "commander";
import { type Logger, pino } from "pino";
import {
  ConfigError,
  type LoadedConfig,
  loadConfig,
  problemsIn,
  warnings,
} from "../server/config.ts";
import type { Server } from "../server/server.ts";
import { packageVersion } from "../server/version.ts";
import { loadOptions } from "./config-options.ts";
import { logStream } from "./log-stream.ts";
import { endBy, leave, onHangup, stopSignal } from "./signals.ts";
import { writeOut } from "./stdout.ts";
import { startWatchdog } from "./watchdog.ts";
import { welcome } from "./welcome.ts";

/** Time to close the log, beyond `shutdownTimeout`. */
const closingMs = 500;

/** How long the watchdog lets the main thread try to end the process first. */
const watchdogDelayMs = 200;

/**
 * Runs a server until a signal ends it. Returns the exit status once the process can end by itself.
 * Throws the error of a failed start.
 */
export async function serve(command: Command): Promise<number> {
  const loaded = loadConfig(loadOptions(command));
  const { config } = loaded;
  const problems = problemsIn(config);
  if (problems.length > 0) throw new ConfigError(problems);

  const logger = pino({ level: config.logLevel, base: { node: config.node } }, logStream());
  crashOnBugs(logger);
  // While the server starts or stops, nothing else may keep the process alive.
  const stayAlive = setInterval(() => {}, 2 ** 31 - 1);
  try {
    return await run(loaded, logger);
  } finally {
    clearInterval(stayAlive);
  }
}

async function run(loaded: LoadedConfig, logger: Logger): Promise<number> {
  const { config } = loaded;
  const { startServer } = await import("../server/server.ts");
  const starting = startServer(config, { logger });
  const server = await Promise.race([stopSignal, starting]);
  // No client has an answer yet, so nothing is lost.
  if (typeof server === "string") leave(0);
  // Not earlier: during the start the server may have read the files already.
  onHangup(server.reload);
  const rootPassword = await server.makeRoot();
  announce(server, loaded, logger, rootPassword);
  stopSignal.then(() => endAfter(config.shutdownTimeout + closingMs, logger));
  const status = await untilStopped(server, stopSignal, logger);
  if (status !== 0) leave(status);
  return status;
}

/** Waits for the signal and stops the server. Returns the exit status: 1 when the server has failed. */
export async function untilStopped(
  server: Pick<Server, "stop" | "failed">,
  signal: Promise<NodeJS.Signals>,
  logger: Logger,
): Promise<0 | 1> {
  try {
    logger.info({ signal: await Promise.race([signal, server.failed]) }, "stopping");
    await Promise.race([server.stop(), server.failed]);
    logger.info("stopped");
    return 0;
  } catch (error) {
    logger.fatal(error, "failed");
    return 1;
  }
}

/** Logs the addresses for machines and prints the welcome for the person at the terminal. */
function announce(
  { addresses }: Server,
  loaded: LoadedConfig,
  logger: Logger,
  rootPassword: string | undefined,
): void {
  const texts = warnings(loaded);
  for (const warning of texts) logger.warn(warning);
  for (const { name, host, port } of addresses) logger.info({ name, host, port }, "listening");
  const version = packageVersion();
  const { config } = loaded;
  const text = welcome({ version, config, addresses, warnings: texts, rootPassword });
  writeOut(Buffer.from(text)).catch((err: unknown) => logger.warn({ err }, "no welcome on stdout"));
}

/** Kills the process if the stop takes too long, or if something such as a disk keeps the process alive. */
function endAfter(ms: number, logger: Logger): void {
  startWatchdog(ms + watchdogDelayMs);
  const end = () => {
    logger.fatal({ ms }, "did not stop in time");
    endBy("SIGKILL");
  };
  setTimeout(end, ms).unref();
}

/** After a bug the state is untrustworthy, and the log holds every acknowledged change. */
function crashOnBugs(logger: Logger): void {
  process.on("uncaughtException", (error) => {
    logger.fatal(error, "crashed");
    leave(1);
  });
}
