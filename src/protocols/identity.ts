import type { ApiTokenId } from "../core/ids.ts";

/** What a peer shows to prove who it is. */
export type Credentials =
  | { readonly type: "none" }
  | { readonly type: "token"; readonly text: string }
  | { readonly type: "password"; readonly password: Uint8Array };

/** Who a peer is. */
export type Principal =
  /** The API requires no credentials. */
  | { readonly type: "nobody" }
  /** One of those that know the password of its API. */
  | { readonly type: "confidant" }
  | { readonly type: "api_token"; readonly id: ApiTokenId; readonly name: string };

export type Judgement =
  | { readonly type: "admitted"; readonly principal: Principal }
  | { readonly type: "refused"; readonly reason: CredentialsFault };

/** `too_many_guesses`: wrong credentials came from the same address too often, so the server did not judge these. */
export type CredentialsFault = "missing" | "wrong" | "too_many_guesses";

/** Tells the peers of one API apart. */
export interface Identity {
  /**
   * Judges the credentials of a peer at this address. Takes equally long for all that are wrong. Promises the
   * judgement when wrong guesses from the address have to be slowed down.
   */
  authenticate(
    credentials: Credentials,
    address: string | undefined,
  ): Judgement | Promise<Judgement>;
  /** Whether the principal would still be admitted: an operator may have revoked its token. */
  isCurrent(principal: Principal): boolean;
}

export const noCredentials: Credentials = { type: "none" };

export const nobody: Principal = { type: "nobody" };

export function tokenCredentials(token: string | undefined): Credentials {
  return token === undefined ? noCredentials : { type: "token", text: token };
}

/** Tells a client why the server did not judge its credentials. */
export const guessesSlowed = "too many wrong credentials came from this address; try again later";
