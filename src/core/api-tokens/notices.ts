import type { ApiTokenId } from "../ids.ts";

/** The token opens nothing any more, which concerns connections that it has opened. */
export interface ApiTokenRevokedNotice {
  readonly type: "api_token_revoked";
  readonly token: ApiTokenId;
}
