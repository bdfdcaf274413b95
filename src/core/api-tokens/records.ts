import type { Kept } from "../kept.ts";
import type { State } from "../state.ts";
import { addApiToken } from "./api-tokens.ts";
import type { ApiToken } from "./state.ts";

export interface ApiTokenRecord extends ApiToken {
  readonly type: "api_token";
}

/** In the order of creation. */
export const keptApiTokens: Kept<State, ApiTokenRecord> = {
  *records({ apiTokens }) {
    for (const token of apiTokens.values()) yield { type: "api_token", ...token };
  },
  restore(state, { type: _, ...token }) {
    addApiToken(state, token);
  },
};
