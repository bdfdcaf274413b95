/** Creates and checks the texts of API tokens. Nothing that the server stores reveals a text. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { ApiToken } from "../../core/api-tokens/api-tokens.ts";
import type { State } from "../../core/apply.ts";
import type { ApiTokenId } from "../../core/ids.ts";

export interface ApiTokens {
  /** Creates a token for a `create_api_token`; it is invalid until that command is committed. */
  issue(): IssuedApiToken;
  /**
   * The token with this text; `undefined` for an invalid text. The time that it takes reveals neither whether
   * the id exists nor how much of the rest is right.
   */
  judge(text: string): Pick<ApiToken, "token" | "name"> | undefined;
  /** Whether the token still exists: an operator may revoke it while its bearer is connected. */
  isValid(id: ApiTokenId): boolean;
}

export interface IssuedApiToken {
  readonly id: ApiTokenId;
  /**
   * `hf_`, the id, `_`, and 32 random hexadecimal digits. HTTP allows all of these characters in a token
   * (RFC 9110, section 5.6.2), so the text also fits into the name of a WebSocket subprotocol.
   */
  readonly text: string;
  /** The SHA-256 of the text, which the server stores. */
  readonly digest: string;
}

export interface ApiTokensOptions {
  /** Read between two entries. */
  readonly state: Pick<State, "apiTokens">;
  /** 128 random bits, as 32 hexadecimal digits. */
  newSecret(): string;
}

const idDigits = 12;
const shape = /^hf_([0-9a-f]{12})_[0-9a-f]{32}$/;

/** Stands for the digest of a token that does not exist. */
const noDigest = "0".repeat(64);

export function createApiTokens({ state, newSecret }: ApiTokensOptions): ApiTokens {
  function judge(text: string): ApiToken | undefined {
    const [, id] = shape.exec(text) ?? [];
    if (id === undefined) return undefined;
    const known = state.apiTokens.get(id as ApiTokenId);
    const isSame = timingSafeEqual(hashOf(text), Buffer.from(known?.digest ?? noDigest, "hex"));
    return isSame ? known : undefined;
  }

  return {
    issue() {
      const id = newSecret().slice(0, idDigits) as ApiTokenId;
      const text = `hf_${id}_${newSecret()}`;
      return { id, text, digest: hashOf(text).toString("hex") };
    },
    judge,
    isValid: (id) => state.apiTokens.has(id),
  };
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
