import type { ApiTokenId, TimeMs } from "../ids.ts";

/** Lets its bearer use an API, from its creation until it is revoked. State and snapshot keep it as it is. */
export interface ApiToken {
  readonly token: ApiTokenId;
  readonly name: string;
  /** SHA-256 of its text, as 64 lower-case hexadecimal digits. */
  readonly digest: string;
  readonly createdAt: TimeMs;
  /** The operator's name at that time. */
  readonly createdBy: string;
}

export function createApiTokens(): Map<ApiTokenId, ApiToken> {
  return new Map();
}
