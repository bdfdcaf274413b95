import type { Address } from "./address.ts";
import { apiConfigs, type ListenerName } from "./apis/mod.ts";
import type { Config } from "./schema.ts";

export type { ListenerName } from "./apis/mod.ts";

/** A port that the server opens. */
export interface ListenAddress {
  readonly name: ListenerName;
  readonly address: Address;
}

const mainKey = "listen";
const operationsKey = "operations.listen";

/** Of all APIs, in their order. */
const classicListeners = Object.values(apiConfigs).flatMap(({ name: api, listeners }) =>
  listeners.map((listener) => ({ needsTls: false, ...listener, api })),
);

/** The server opens the port for operators and the classic ports only on demand. */
export function listenAddresses(config: Config): readonly ListenAddress[] {
  const main = { name: "main", address: config.listen } as const;
  const { listen } = config.operations;
  const operations = listen === "off" ? [] : [{ name: "operations", address: listen } as const];
  if (!config.classicPorts) return [main, ...operations];
  const classic = classicListeners.flatMap(({ name, api, key, needsTls }) => {
    if (needsTls && config.tls.cert === undefined) return [];
    const section: Readonly<Record<string, unknown>> = config[api];
    const address = section[key] as Address | "off";
    return address === "off" ? [] : [{ name, address }];
  });
  return [main, ...operations, ...classic];
}

/** The key of the setting with the listener's address. */
export function listenerKey(name: ListenerName): string {
  if (name === "operations") return operationsKey;
  const classic = classicListeners.find((listener) => listener.name === name);
  return classic === undefined ? mainKey : `${classic.api}.${classic.key}`;
}

/** Whether the setting is the address of a classic port. */
export function isClassicKey(key: string): boolean {
  return classicListeners.some((listener) => `${listener.api}.${listener.key}` === key);
}
