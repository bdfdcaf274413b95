import type { Address } from "./address.ts";
import type { Config, listenerNames } from "./schema.ts";

/** A port that the server opens. */
export interface ListenAddress {
  readonly name: ListenerName;
  readonly address: Address;
}

export type ListenerName = (typeof listenerNames)[number];

const keys = {
  main: "listen",
  locktopus: "locktopus.listen",
  ldlm: "ldlm.listen",
  ldlmRest: "ldlm.restListen",
  softvisio: "softvisio.listen",
} as const satisfies Record<ListenerName, string>;

/** The server opens the classic ports only on demand. */
export function listenAddresses(config: Config): readonly ListenAddress[] {
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

/** The key of the setting with the listener's address. */
export function listenerKey(name: ListenerName): string {
  return keys[name];
}

/** Whether the setting is the address of a classic port. */
export function isClassicKey(key: string): boolean {
  return key !== keys.main && Object.values(keys).some((other) => other === key);
}
