/**
 * All APIs. A further one is its folder in `protocols`, its settings in `config/apis`, its
 * file here, and its place in this list.
 */
import type { Api } from "./api.ts";
import { ldlm } from "./ldlm.ts";
import { locktopus } from "./locktopus.ts";
import { softvisio } from "./softvisio.ts";

export type { Api, OpenApi } from "./api.ts";

export const apis: readonly Api[] = [locktopus, ldlm, softvisio];

/** What the welcome text says of a listener. */
export function speaksOn(listener: string): string {
  if (listener === "main") return [...apis.map(({ speaks }) => speaks), "status page"].join(", ");
  const own = apis.flatMap(({ listeners }) => listeners);
  return own.find(({ name }) => name === listener)?.speaks ?? "";
}
