import { formatAddress, isLoopback } from "./address.ts";
import { isWholeSpace } from "./address-range.ts";
import { apisOn } from "./apis/mod.ts";
import {
  isClassicKey,
  type ListenAddress,
  type ListenerName,
  listenAddresses,
  listenerKey,
} from "./listen-addresses.ts";
import type { LoadedConfig } from "./load.ts";
import { apiSettings, type Config } from "./schema.ts";
import { formatSource } from "./source.ts";
import { admitsKnownClientsOnly, tlsProblems } from "./tls.ts";

/**
 * Reasons why a server must not start with this configuration: contradicting settings, incomplete TLS, or
 * an address beyond loopback where anybody could take every lock. Each is one sentence that also says
 * how to fix it.
 */
export function problemsIn(config: Config): readonly string[] {
  const open = config.insecure ? [] : unguarded(config);
  return [
    ...waitProblems(config),
    ...abandonProblems(config),
    ...proxyProblems(config),
    ...tlsProblems(config),
    ...open.map(
      ({ name, address }) =>
        `${listenerKey(name)}: ${formatAddress(address)} can be reached from other machines, and clients there need no credentials; ` +
        `${adviceFor(name)}, require client certificates (tls.clientCa), or, where the network keeps strangers out, give --insecure`,
    ),
  ];
}

/** A waiting client makes no other request, so its session would end before the wait. */
function waitProblems({ ldlm }: Config): readonly string[] {
  if (ldlm.restWaitOn.length === 0 || ldlm.restWaitMax < ldlm.restSessionTimeout) return [];
  return ["ldlm.restWaitMax: it must be less than ldlm.restSessionTimeout"];
}

function abandonProblems({ locktopus }: Config): readonly string[] {
  if (locktopus.abandonTimeout <= locktopus.abandonTimeoutMax) return [];
  return ["locktopus.abandonTimeout: it must be at most locktopus.abandonTimeoutMax"];
}

function proxyProblems({ proxyProtocol, trustedProxies }: Config): readonly string[] {
  if (proxyProtocol.length === 0 || trustedProxies.length > 0) return [];
  return ["trustedProxies: without one nobody can connect to the listeners of proxyProtocol"];
}

/** What closes a port to strangers: the guard of its API, if it has one. */
function adviceFor(name: ListenerName): string {
  const [api, ...others] = apisOn(name);
  const advice = others.length === 0 ? api?.guard?.advice : undefined;
  return advice ?? "listen on 127.0.0.1 or [::1]";
}

/** Dangers of this configuration, for the operator at every start. */
export function warnings({ config, settings }: LoadedConfig): readonly string[] {
  const open = unguarded(config).map(({ address }) => formatAddress(address));
  const closed = config.classicPorts
    ? []
    : settings.filter(({ setting, value, source }) => {
        return isClassicKey(setting.key) && source.type !== "default" && value !== "off";
      });
  return [
    ...(open.length > 0
      ? [`insecure: anybody who reaches ${open.join(" or ")} can take and release every lock`]
      : []),
    ...tlsWarnings(config),
    ...operationsWarnings(config),
    ...proxyWarnings(config),
    ...dataWarnings(config),
    ...settings
      .filter(({ isTrimmed }) => isTrimmed)
      .map(({ setting, source }) => {
        return `${setting.key} (${formatSource(source)}) ends in a line break, which is left out`;
      }),
    ...closed.map(
      ({ setting, source }) =>
        `${setting.key} (${formatSource(source)}) has no effect without classicPorts: that port stays closed`,
    ),
  ];
}

function tlsWarnings({ tls }: Config): readonly string[] {
  if (!tls.clientCertVerify || tls.clientCa !== undefined) return [];
  return [
    "tls.clientCertVerify without tls.clientCa: a certificate of any public authority is enough to connect",
  ];
}

/** Nobody can take a lock there, so this is no reason to refuse the start. */
function operationsWarnings(config: Config): readonly string[] {
  const { listen } = config.operations;
  if (listen === "off" || isLoopback(listen.host) || admitsKnownClientsOnly(config)) return [];
  return [
    `operations.listen: anybody who reaches ${formatAddress(listen)} can read the metrics and the status of this server`,
  ];
}

function proxyWarnings(config: Config): readonly string[] {
  const { proxyProtocol, trustedProxies } = config;
  const open = listenAddresses(config).map(({ name }) => name);
  const unused = proxyProtocol.filter((name) => !open.includes(name));
  const whole = trustedProxies.filter(isWholeSpace);
  return [
    ...unused.map((name) => `proxyProtocol: ${name} has no effect, because that port stays closed`),
    ...(proxyProtocol.length > 0 && whole.length > 0
      ? [`trustedProxies: with ${whole.join(" and ")} any client can pretend to have any address`]
      : []),
  ];
}

function dataWarnings({ data, durability }: Config): readonly string[] {
  if (data.type === "memory") return ["data in memory: when the process ends, every lock is gone"];
  if (durability === "always") return [];
  return ["durability relaxed: a power failure may lose the last second of acknowledged changes"];
}

function unguarded(config: Config): readonly ListenAddress[] {
  if (admitsKnownClientsOnly(config)) return [];
  return listenAddresses(config).filter(
    ({ name, address }) => !isLoopback(address.host) && !isGuarded(name, config),
  );
}

/** The main port serves every API, so it is only guarded when every API is. */
function isGuarded(name: ListenerName, config: Config): boolean {
  return apisOn(name).every(
    ({ name: api, guard }) => guard?.proof(apiSettings(config, api)) !== undefined,
  );
}
