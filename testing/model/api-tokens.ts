import type { CreateApiToken, Entry, RevokeApiToken } from "../../src/core/command.ts";
import { apiTokenBytes } from "../../src/core/costs.ts";
import type { ApiTokenId } from "../../src/core/ids.ts";
import { apiTokensMax } from "../../src/core/limits.ts";
import type { RejectionCode } from "../../src/core/rejection.ts";
import { hasRoom } from "./budget.ts";
import { type ModelState, tell } from "./state.ts";

export interface ModelApiToken {
  readonly id: ApiTokenId;
  readonly name: string;
  readonly bytes: number;
}

export function createApiToken(
  state: ModelState,
  { at, command }: Entry<CreateApiToken>,
): RejectionCode | undefined {
  const { token: id, name } = command;
  if (name === "") return "invalid_argument";
  if (Buffer.byteLength(name) > state.limits.nameBytesMax) return "limit_exceeded";
  if (state.apiTokens.some((other) => other.id === id || other.name === name)) {
    return "already_exists";
  }
  if (state.apiTokens.length >= apiTokensMax) return "limit_exceeded";
  const bytes = apiTokenBytes(command);
  if (!hasRoom(state, { bytes, by: "operator" }, at)) return "limit_exceeded";
  state.apiTokens.push({ id, name, bytes });
  tell(state, command, { type: "api_token_created" });
  return undefined;
}

export function revokeApiToken(
  state: ModelState,
  { command }: Entry<RevokeApiToken>,
): RejectionCode | undefined {
  const others = state.apiTokens.filter(({ id }) => id !== command.token);
  if (others.length === state.apiTokens.length) return "not_found";
  state.apiTokens = others;
  tell(state, command, { type: "api_token_revoked" });
  return undefined;
}
