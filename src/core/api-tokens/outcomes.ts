export type ApiTokenOutcome = ApiTokenCreated | ApiTokenRevoked;

export interface ApiTokenCreated {
  readonly type: "api_token_created";
}

/** From now on the token opens nothing. */
export interface ApiTokenRevoked {
  readonly type: "api_token_revoked";
}
