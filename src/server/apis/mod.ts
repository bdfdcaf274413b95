/** All APIs; CONTRIBUTING.md says how to add one. */
import assert from "node:assert/strict";
import type { apiConfigs } from "../config.ts";
import type { Api } from "./api.ts";
import { ldlm } from "./ldlm.ts";
import { locktopus } from "./locktopus.ts";
import { nexus } from "./nexus.ts";
import { softvisio } from "./softvisio.ts";

export type { Api, OpenApi } from "./api.ts";

/** Does not compile while an API with settings is missing, or under another name. */
const apisByName = { locktopus, ldlm, softvisio, nexus } satisfies {
  readonly [Name in keyof typeof apiConfigs]: Api & { readonly name: Name };
};

export const apis: readonly Api[] = Object.values(apisByName);

export interface Spoken {
  /** The protocols, for people. */
  readonly speaks: string;
  /** Every connection is a byte stream; there is no HTTP. */
  readonly isStreamOnly: boolean;
}

/** What clients can speak on the listener. */
export function spokenOn(listener: string): Spoken {
  if (listener === "main") {
    const speaks = [...apis.map((api) => api.speaks), "status page"].join(", ");
    return { speaks, isStreamOnly: false };
  }
  if (listener === "operations") {
    return { speaks: "status page, /healthz, /readyz, /metrics", isStreamOnly: false };
  }
  const own = apis.flatMap(({ listeners }) => listeners).find(({ name }) => name === listener);
  assert(own !== undefined, `no API serves ${listener}`);
  const { speaks, isStreamOnly = false } = own;
  return { speaks, isStreamOnly };
}
