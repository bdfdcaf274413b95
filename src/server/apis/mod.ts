/**
 * All APIs. A further one is its folder in `protocols`, its settings in `config/apis`, its
 * file here, and its place in this list.
 */
import assert from "node:assert/strict";
import type { Api } from "./api.ts";
import { ldlm } from "./ldlm.ts";
import { locktopus } from "./locktopus.ts";
import { softvisio } from "./softvisio.ts";

export type { Api, OpenApi } from "./api.ts";

export const apis: readonly Api[] = [locktopus, ldlm, softvisio];

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
  const own = apis.flatMap(({ listeners }) => listeners).find(({ name }) => name === listener);
  assert(own !== undefined, `no API serves ${listener}`);
  const { speaks, isStreamOnly = false } = own;
  return { speaks, isStreamOnly };
}
