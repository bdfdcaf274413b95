import assert from "node:assert/strict";
import type { Logger } from "pino";
import type { Budget } from "./budget/budget.ts";
import {
  type Address,
  addressesIn,
  type Config,
  formatAddress,
  type ListenerName,
  listenAddresses,
  listenerKey,
} from "./config.ts";
import { type ConnectionCaps, connectionCaps } from "./connection-caps.ts";
import {
  type Listener,
  type ListenerOptions,
  listenerLimitsDefault,
  listenerTimeoutsDefault,
  type Routes,
} from "./listen/listener.ts";
import type { Tls } from "./tls/tls.ts";
import type { World } from "./world.ts";

export type { ListenerName } from "./config.ts";

export interface NamedListener {
  readonly name: ListenerName;
  readonly listener: Listener;
}

export interface ListenersOptions {
  readonly config: Config;
  readonly world: Pick<World, "clock" | "openFilesMax" | "openListener">;
  readonly tls: Pick<Tls, "handshakes">;
  readonly budget: Budget;
  readonly logger: Logger;
}

/** Adds each listener as soon as it is open, so that the caller can close it when a later one fails. */
export async function openListeners(
  listeners: NamedListener[],
  routes: ReadonlyMap<string, Routes>,
  { config, world, tls: { handshakes }, budget, logger }: ListenersOptions,
): Promise<void> {
  const ports = listenAddresses(config);
  const caps = connectionCaps({
    openFilesMax: world.openFilesMax(),
    portCount: ports.filter(({ name }) => name !== "operations").length,
    hasOperations: ports.some(({ name }) => name === "operations"),
    connectionsMax: config.limits.connectionsMax,
    logger,
  });
  for (const { name, address } of ports) {
    const child = logger.child({ listener: name });
    const own = {
      clock: world.clock,
      budget,
      logger: child,
      handshakes,
      trustedProxies: config.proxyProtocol.includes(name)
        ? addressesIn(config.trustedProxies)
        : undefined,
    };
    const capsOfPort = name === "operations" ? caps.operations : caps.ordinary;
    const options = listenerOptions(config, capsOfPort, own);
    const served = routes.get(name);
    assert(served !== undefined, `nothing is served on ${name}`);
    const opening = world.openListener({ ...options, ...address, routes: served });
    const listener = await opening.catch((error) => refused(name, address, error));
    listeners.push({ name, listener });
  }
}

/** Adds to the bare error of the operating system what helps. */
function refused(name: ListenerName, address: Address, error: NodeJS.ErrnoException): never {
  const place = formatAddress(address);
  const key = listenerKey(name);
  const orOff = name === "main" ? "" : ", or to off";
  const faults: Readonly<Record<string, string>> = {
    EACCES: `below 1024 only root may listen; set ${key} to another port${orOff}, or give the process the right (CAP_NET_BIND_SERVICE)`,
    EADDRINUSE: `${place} is in use by another program; stop that, or set ${key} to another port${orOff}`,
    EADDRNOTAVAIL: `this machine does not have the address ${address.host}; set ${key} to one that it has, or to 0.0.0.0 or [::] for all`,
    ENOTFOUND: `the name ${address.host} has no address; set ${key} to an IP address, or to localhost`,
  };
  const fault = faults[error.code ?? ""] ?? `cannot listen on ${place}, where ${key} says`;
  throw new Error(fault, { cause: error });
}

function listenerOptions(
  config: Config,
  caps: ConnectionCaps,
  own: Pick<ListenerOptions, "clock" | "budget" | "logger" | "handshakes" | "trustedProxies">,
): Omit<ListenerOptions, "host" | "port" | "routes"> {
  const { limits, http, allowedHosts, allowedOrigins } = config;
  const { unsentBytesMax, connectionsPerAddressMax } = limits;
  return {
    ...own,
    allowedHosts,
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
