import { type Address, formatAddress, isLoopback } from "./address.ts";
import { formatOrigin } from "./finding.ts";
import type { LoadedConfig } from "./load.ts";
import type { Config } from "./schema.ts";
import { admitsKnownClientsOnly, tlsRefusals } from "./tls.ts";

/** A port that a server opens. */
export interface Listener {
  readonly name: ListenerName;
  readonly address: Address;
}

export type ListenerName = keyof typeof keys;

const keys = {
  main: "listen",
  locktopus: "locktopus.listen",
  ldlm: "ldlm.listen",
  ldlmRest: "ldlm.restListen",
  softvisio: "softvisio.listen",
} as const;

/** The classic ports are opened on demand only. */
export function listenersOf(config: Config): readonly Listener[] {
  const { listen, classicPorts, locktopus, ldlm, softvisio } = config;
  const classic: Readonly<Record<Exclude<ListenerName, "main">, Address | "off">> = {
    locktopus: locktopus.listen,
    ldlm: ldlm.listen,
    ldlmRest: ldlm.restListen,
    softvisio: softvisio.listen,
  };
  const places = Object.entries({ main: listen, ...(classicPorts && classic) });
  return places.flatMap(([name, address]) =>
    address === "off" ? [] : [{ name: name as ListenerName, address }],
  );
}

/** The setting that says where it listens. */
export function listenerKey(name: ListenerName): string {
  return keys[name];
}

/**
 * Why a server with this configuration must not start: settings that contradict each other, TLS that is
 * set by half, or that whoever reaches an address beyond loopback could do as they like. One sentence for
 * each, which also says what to do.
 */
export function refusals(config: Config): readonly string[] {
  const open = config.insecure ? [] : unguarded(config);
  return [
    ...waitRefusals(config),
    ...tlsRefusals(config),
    ...open.map(
      ({ name, address }) =>
        `${keys[name]}: ${formatAddress(address)} can be reached from other machines, and nothing there asks who they are; ` +
        `${advice[name]}, require client certificates (tls.clientCa), or, where the network keeps strangers out, give --insecure`,
    ),
  ];
}

/** Whoever waits makes no other request meanwhile, so the session would end first. */
function waitRefusals({ ldlm }: Config): readonly string[] {
  if (ldlm.restWaitOn.length === 0 || ldlm.restWaitMax < ldlm.restSessionTimeout) return [];
  return ["ldlm.restWaitMax: it must be less than ldlm.restSessionTimeout"];
}

const advice = {
  main: "listen on 127.0.0.1 or [::1]",
  locktopus: "listen on 127.0.0.1 or [::1]",
  ldlm: "set ldlm.password",
  ldlmRest: "set ldlm.password",
  softvisio: "set softvisio.requireToken",
} as const satisfies Record<ListenerName, string>;

/** What an operator should be told at every start. */
export function warnings({ config, settings }: LoadedConfig): readonly string[] {
  const open = unguarded(config).map(({ address }) => formatAddress(address));
  const closed = config.classicPorts
    ? []
    : settings.filter(({ setting, value, origin }) => {
        return isClassic(setting.key) && origin.type !== "default" && value !== "off";
      });
  return [
    ...(open.length > 0
      ? [`insecure: whoever reaches ${open.join(" or ")} can take and release every lock`]
      : []),
    ...tlsWarnings(config),
    ...dataWarnings(config),
    ...closed.map(
      ({ setting, origin }) =>
        `${setting.key} (${formatOrigin(origin)}) has no effect without classicPorts: that port stays closed`,
    ),
  ];
}

function tlsWarnings({ tls }: Config): readonly string[] {
  if (!tls.clientCertVerify || tls.clientCa !== undefined) return [];
  return [
    "tls.clientCertVerify without tls.clientCa: whoever has a certificate of any public authority comes in",
  ];
}

function dataWarnings({ data, durability }: Config): readonly string[] {
  if (data.type === "memory") return ["data in memory: when the process ends, every lock is gone"];
  if (durability === "always") return [];
  return ["durability relaxed: a power failure may lose the last second of acknowledged changes"];
}

function isClassic(key: string): boolean {
  return key !== keys.main && Object.values(keys).some((other) => other === key);
}

/** The main port speaks every protocol, and not all of them ask who somebody is. */
function unguarded(config: Config): readonly Listener[] {
  if (admitsKnownClientsOnly(config)) return [];
  return listenersOf(config).filter(
    ({ name, address }) => !isLoopback(address.host) && !asksWhoTheyAre(name, config),
  );
}

function asksWhoTheyAre(name: ListenerName, { ldlm, softvisio }: Config): boolean {
  switch (name) {
    case "main":
    case "locktopus":
      return false;
    case "ldlm":
    case "ldlmRest":
      return ldlm.password !== undefined;
    case "softvisio":
      return softvisio.requireToken;
  }
}
