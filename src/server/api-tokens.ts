/** The texts of API tokens. They are made and judged here, and nothing that is kept tells them. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { State } from "../core/apply.ts";
import type { ApiTokenId } from "../core/ids.ts";

export interface ApiTokens {
  /** A new one, for a `create_api_token`; it opens nothing before that is committed. */
  issue(): IssuedApiToken;
  /**
   * Which token this text is; `undefined`: none. By how long that takes nobody learns whether there is
   * such an id, or how much of the rest is right.
   */
  judge(text: string): ApiTokenId | undefined;
  /** Whether it still is one: a token may be revoked while its bearer is connected. */
  isValid(id: ApiTokenId): boolean;
}

export interface IssuedApiToken {
  readonly id: ApiTokenId;
  /**
   * `hf_`, the id, `_`, and 32 hexadecimal digits that nobody can guess. All of it are characters of a
   * token in HTTP (RFC 9110, section 5.6.2), so it also fits into the name of a WebSocket subprotocol.
   */
  readonly text: string;
  /** What is kept of the text. */
  readonly digest: string;
}

export interface ApiTokensOptions {
  /** To be read between two entries. */
  readonly state: Pick<State, "apiTokens">;
  /** 128 random bits, as 32 hexadecimal digits. */
  newSecret(): string;
}

const idDigits = 12;
const shape = /^hf_([0-9a-f]{12})_[0-9a-f]{32}$/;

/** Stands for the digest of a token that does not exist. */
const noDigest = "0".repeat(64);

export function createApiTokens({ state, newSecret }: ApiTokensOptions): ApiTokens {
  return {
    issue() {
      const id = newSecret().slice(0, idDigits) as ApiTokenId;
      const text = `hf_${id}_${newSecret()}`;
      return { id, text, digest: hashOf(text).toString("hex") };
    },
    judge(text) {
      const [, id] = shape.exec(text) ?? [];
      if (id === undefined) return undefined;
      const known = state.apiTokens.get(id as ApiTokenId);
      const isSame = timingSafeEqual(hashOf(text), Buffer.from(known?.digest ?? noDigest, "hex"));
      return isSame ? known?.token : undefined;
    },
    isValid: (id) => state.apiTokens.has(id),
  };
}

function hashOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
