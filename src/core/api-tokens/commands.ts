import type { ApiTokenId } from "../ids.ts";
import type { Operation } from "../operation.ts";
import { reserveShares, type TraitsTable } from "../traits.ts";

export type ApiTokenCommand = CreateApiToken | RevokeApiToken;

export const apiTokenTraits = {
  create_api_token: { sender: "anyone", reserveShare: reserveShares.none },
  revoke_api_token: { sender: "anyone", reserveShare: reserveShares.giving },
} as const satisfies TraitsTable<ApiTokenCommand>;

/** An operator creates a token by which programs may use an API until it is revoked. */
export interface CreateApiToken extends Operation {
  readonly type: "create_api_token";
  readonly token: ApiTokenId;
  /** What people call it; no two tokens share a name. */
  readonly name: string;
  /**
   * SHA-256 of the token's whole text, as 64 lower-case hexadecimal digits. The text itself is shown once
   * and never reaches the log, so a reader of the log cannot use the token.
   */
  readonly digest: string;
}

/** An operator ends an API token; its name is free again. */
export interface RevokeApiToken extends Operation {
  readonly type: "revoke_api_token";
  readonly token: ApiTokenId;
}
