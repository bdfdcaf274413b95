/**
 * API tokens: what lets a program use an API that asks who it is. Operators create and revoke them; whose
 * they are and what they allow is not said here. Only hashes are kept.
 */
import type { CreateApiToken, RevokeApiToken } from "./command.ts";
import { apiTokensMax, isLongerThan } from "./limits.ts";
import { answer } from "./operator.ts";
import { type Rejection, rejected } from "./rejection.ts";
import type { ApiToken, State, Turn } from "./state.ts";

export function createApiToken(turn: Turn, command: CreateApiToken): void {
  const { state, at } = turn;
  const fault = nameFault(state, command) ?? roomFault(state, command);
  if (fault !== undefined) {
    answer(turn, command, fault);
    return;
  }
  const { token: id, name, digest, by } = command;
  state.apiTokens.set(id, { id, name, digest, createdAt: at, createdBy: by });
  answer(turn, command, { type: "api_token_created" });
}

export function revokeApiToken(turn: Turn, command: RevokeApiToken): void {
  const wasThere = turn.state.apiTokens.delete(command.token);
  const outcome = wasThere
    ? ({ type: "api_token_revoked" } as const)
    : rejected("not_found", "there is no such API token");
  answer(turn, command, outcome);
}

/** What operators see of a token. */
export type ListedApiToken = Omit<ApiToken, "digest">;

/** All of them, in the order of their creation. */
export function listApiTokens({ apiTokens }: State): readonly ListedApiToken[] {
  return Array.from(apiTokens.values(), ({ id, name, createdAt, createdBy }) => ({
    id,
    name,
    createdAt,
    createdBy,
  }));
}

/** By its name; asked for by hand, so it looks through all. */
export function apiTokenNamed({ apiTokens }: State, name: string): ApiToken | undefined {
  for (const token of apiTokens.values()) if (token.name === name) return token;
  return undefined;
}

function nameFault({ limits }: State, { name }: CreateApiToken): Rejection | undefined {
  if (name === "") return rejected("invalid_argument", "an API token needs a name");
  if (!isLongerThan(name, limits.nameBytesMax)) return undefined;
  return rejected("limit_exceeded", `a name has at most ${limits.nameBytesMax} bytes`);
}

function roomFault(state: State, { token, name }: CreateApiToken): Rejection | undefined {
  const { apiTokens } = state;
  if (apiTokens.has(token)) return rejected("already_exists", "an API token of that id exists");
  if (apiTokenNamed(state, name) !== undefined) {
    return rejected("already_exists", "an API token of that name exists");
  }
  if (apiTokens.size < apiTokensMax) return undefined;
  return rejected("limit_exceeded", `there are at most ${apiTokensMax} API tokens`);
}
