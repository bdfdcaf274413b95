/** The operators' requests about API tokens, with their errors. */
import type { Logger } from "pino";
import { apiTokenNamed, listApiTokens } from "../../core/api-tokens/api-tokens.ts";
import type { ApiTokenId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { ApiTokens } from "../identity/api-tokens.ts";
import type { Replica } from "../replica.ts";
import type { Timekeeper } from "../timekeeper.ts";
import { AdminError } from "./error.ts";
import { fieldsOf, operatorField, requiredText } from "./fields.ts";
import type { Operator } from "./operator.ts";
import type { AdminRequest } from "./socket.ts";

export interface TokenHandlersOptions {
  readonly replica: Replica;
  readonly timekeeper: Pick<Timekeeper, "now">;
  readonly logger: Logger;
  readonly apiTokens: Pick<ApiTokens, "issue">;
  /** Whether any API requires a token; otherwise the answer to a creation says so. */
  readonly areApiTokensRequired: boolean;
}

export interface TokenHandlers {
  list(request: AdminRequest): Promise<unknown>;
  create(request: AdminRequest): Promise<unknown>;
  revoke(request: AdminRequest): Promise<unknown>;
}

export function createTokenHandlers(
  options: TokenHandlersOptions,
  operator: Operator,
): TokenHandlers {
  const { timekeeper, logger, apiTokens, areApiTokensRequired: isRequired } = options;
  const { state } = options.replica;

  async function list(): Promise<unknown> {
    return { now: timekeeper.now(), tokens: listApiTokens(state) };
  }

  /** The token's text appears in this answer and nowhere else. */
  async function create({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const name = requiredText(fields, "name");
    const { id, text, digest } = apiTokens.issue();
    const outcome = await operator.ask({ type: "create_api_token", token: id, name, digest, by });
    if (outcome.type === "rejected") throw notCreated(outcome);
    logger.warn(
      { by, via: "admin socket", apiToken: id, name },
      "an operator created an API token",
    );
    return { created: true, id, name, token: text, isRequired };
  }

  async function revoke({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const said = requiredText(fields, "token");
    const meant = state.apiTokens.get(said as ApiTokenId) ?? apiTokenNamed(state, said);
    if (meant === undefined) throw unknownToken();
    const { token: id, name } = meant;
    const outcome = await operator.ask({ type: "revoke_api_token", token: id, by });
    if (outcome.type === "rejected") throw unknownToken();
    logger.warn(
      { by, via: "admin socket", apiToken: id, name },
      "an operator revoked an API token",
    );
    return { revoked: true, id, name };
  }

  return { list, create, revoke };
}

function notCreated({ code, reason }: Rejection): AdminError {
  const isInTheWay = code === "already_exists" || code === "limit_exceeded";
  return isInTheWay
    ? new AdminError(409, code, reason)
    : new AdminError(400, "bad_request", reason);
}

function unknownToken(): AdminError {
  return new AdminError(404, "not_found", "an API token by that id or name does not exist");
}
