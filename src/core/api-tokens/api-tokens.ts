/**
 * API tokens: they let a program use an API that demands authentication. Operators create and revoke
 * them. Only hashes are kept.
 */
import { budgetFault } from "../budget.ts";
import { apiTokenBytes } from "../costs.ts";
import type { ApiTokenId } from "../ids.ts";
import { apiTokensMax, isLongerThan } from "../limits.ts";
import { type Rejection, rejected } from "../rejection.ts";
import { charge, discharge } from "../shares.ts";
import { reply, type State, type Turn } from "../state.ts";
import type { CreateApiToken, RevokeApiToken } from "./commands.ts";
import type { ApiToken } from "./state.ts";

export type { ApiToken } from "./state.ts";

export function createApiToken(turn: Turn, command: CreateApiToken): void {
  const { state, at } = turn;
  const fault =
    nameFault(state, command) ??
    roomFault(state, command) ??
    budgetFault(turn, undefined, apiTokenBytes(command), "operator");
  if (fault !== undefined) {
    reply(turn, command, fault);
    return;
  }
  const { token, name, digest, by } = command;
  addApiToken(state, { token, name, digest, createdAt: at, createdBy: by });
  reply(turn, command, { type: "api_token_created" });
}

export function revokeApiToken(turn: Turn, command: RevokeApiToken): void {
  const { apiTokens, holdings } = turn.state;
  const { token } = command;
  const revoked = apiTokens.get(token);
  if (revoked === undefined) {
    reply(turn, command, noSuchApiToken);
    return;
  }
  apiTokens.delete(token);
  discharge(holdings, undefined, bytesOf(revoked));
  reply(turn, command, { type: "api_token_revoked" });
  turn.notices.push({ type: "api_token_revoked", token });
}

/** Adds a token that has just been created, or that a snapshot has kept. */
export function addApiToken({ apiTokens, holdings }: State, token: ApiToken): void {
  apiTokens.set(token.token, token);
  charge(holdings, undefined, bytesOf(token));
}

export const noSuchApiToken = rejected("not_found", "there is no such API token");

/** What operators see of a token. */
export type ListedApiToken = Omit<ApiToken, "token" | "digest"> & { readonly id: ApiTokenId };

/** All of them, in the order of their creation. */
export function listApiTokens({ apiTokens }: State): readonly ListedApiToken[] {
  return Array.from(apiTokens.values(), ({ token: id, name, createdAt, createdBy }) => ({
    id,
    name,
    createdAt,
    createdBy,
  }));
}

/** Walks all tokens, because only people look for one by its name. */
export function apiTokenNamed({ apiTokens }: State, name: string): ApiToken | undefined {
  for (const token of apiTokens.values()) if (token.name === name) return token;
  return undefined;
}

function bytesOf(token: ApiToken): number {
  return apiTokenBytes({ ...token, by: token.createdBy });
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
