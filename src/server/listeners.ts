import type { Logger } from "pino";
import { type Config, type ListenerName, listenerKey, listenersOf } from "./config.ts";
import {
  type Listener,
  type ListenerOptions,
  listenerLimitsDefault,
  listenerTimeoutsDefault,
  type Routes,
} from "./listen/listener.ts";
import { type ConnectionCaps, connectionCaps } from "./connection-caps.ts";
import type { Tls } from "./tls/tls.ts";
import type { World } from "./world.ts";

export type { ListenerName } from "./config.ts";

export interface NamedListener {
  readonly name: ListenerName;
  readonly listener: Listener;
}

export interface Surroundings {
  readonly config: Config;
  readonly world: Pick<World, "clock" | "openFilesMax" | "openListener">;
  readonly tls: Pick<Tls, "handshakes">;
  readonly logger: Logger;
}

/** Adds each listener as soon as it is open, so that those can be closed when a later one fails. */
export async function openListeners(
  listeners: NamedListener[],
  routes: Readonly<Record<ListenerName, Routes>>,
  { config, world, tls: { handshakes }, logger }: Surroundings,
): Promise<void> {
  const ports = listenersOf(config);
  const caps = connectionCaps({
    openFilesMax: world.openFilesMax(),
    portCount: ports.length,
    connectionsMax: config.limits.connectionsMax,
    logger,
  });
  for (const { name, address } of ports) {
    const child = logger.child({ listener: name });
    const own = { clock: world.clock, logger: child, handshakes };
    const options = listenerOptions(config, caps, own);
    const opening = world.openListener({ ...options, ...address, routes: routes[name] });
    listeners.push({ name, listener: await opening.catch((error) => refused(name, error)) });
  }
}

/** The operating system speaks of permission; who reads that must know what to do. */
function refused(name: ListenerName, error: NodeJS.ErrnoException): never {
  if (error.code !== "EACCES") throw error;
  const advice = `set ${listenerKey(name)} to another port${name === "main" ? "" : ", or to off"}, or give the process the right (CAP_NET_BIND_SERVICE)`;
  throw new Error(`below 1024 only root may listen; ${advice}`, { cause: error });
}

function listenerOptions(
  config: Config,
  caps: ConnectionCaps,
  own: Pick<ListenerOptions, "clock" | "logger" | "handshakes">,
): Omit<ListenerOptions, "host" | "port" | "routes"> {
  const { limits, http, allowedOrigins } = config;
  const { unsentBytesMax, connectionsPerAddressMax } = limits;
  return {
    ...own,
    allowedOrigins,
    limits: {
      ...listenerLimitsDefault,
      messageBytesMax: limits.messageBytesMax,
      bodyBytesMax: limits.messageBytesMax,
      unfinishedBytesMax: 4 * limits.messageBytesMax,
      unsentBytesMax,
      streamsMax: limits.waitersPerConnectionMax + limits.pendingPerConnectionMax,
      connectionsPerAddressMax,
      ...caps,
    },
    timeouts: {
      ...listenerTimeoutsDefault,
      firstByteMs: http.headerTimeout,
      headerMs: http.headerTimeout,
      requestMs: http.requestTimeout,
      keepAliveMs: http.keepAliveTimeout,
      pingIntervalMs: config.pingInterval,
      http2PingIntervalMs: config.ldlm.keepaliveInterval,
      http2PingTimeoutMs: config.ldlm.keepaliveTimeout,
      closeMs: config.shutdownTimeout,
    },
  };
}
