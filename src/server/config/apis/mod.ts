/** The settings of all APIs; CONTRIBUTING.md says how to add one. */
import type { ApiConfig } from "./api-config.ts";
import { ldlm } from "./ldlm.ts";
import { locktopus } from "./locktopus.ts";
import { nexus } from "./nexus.ts";
import { softvisio } from "./softvisio.ts";

export type { ApiConfig, Proof } from "./api-config.ts";

/** With their own types, for what is derived from them. */
export const apiConfigs = { locktopus, ldlm, softvisio, nexus } as const;

export type ApiName = keyof typeof apiConfigs;

/** The main port, the port for operators, or a classic port of an API. */
export type ListenerName =
  | "main"
  | "operations"
  | (typeof apiConfigs)[ApiName]["listeners"][number]["name"];

export const listenerNames: readonly [ListenerName, ...ListenerName[]] = [
  "main",
  "operations",
  ...Object.values(apiConfigs).flatMap(({ listeners }) => listeners.map(({ name }) => name)),
];

/** For code that treats them alike. */
export const apiConfigList: readonly ApiConfig[] = Object.values(apiConfigs);

/** The APIs that a listener serves; the main port serves all, and that for operators none. */
export function apisOn(listener: string): readonly ApiConfig[] {
  if (listener === "main") return apiConfigList;
  return apiConfigList.filter(({ listeners }) => listeners.some(({ name }) => name === listener));
}
