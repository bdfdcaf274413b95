/**
 * The requests of operators (docs/operating/administration.md):
 *
 *     GET  /admin/v1/locks          prefix, namespace, limit
 *     POST /admin/v1/unlock         { path, namespace, key, token, any, by }
 *     GET  /admin/v1/sessions       limit
 *     POST /admin/v1/kick           { session, by }
 *     GET  /admin/v1/tokens
 *     POST /admin/v1/tokens/create  { name, by }
 *     POST /admin/v1/tokens/revoke  { token, by }
 *     GET  /admin/v1/users          prefix
 *     POST /admin/v1/users/create   { user, password, by }
 *     POST /admin/v1/users/delete   { user, by }
 *     POST /admin/v1/users/rename   { user, newName, by }
 *     POST /admin/v1/users/password { user, password, by }
 *     POST /admin/v1/users/change   { user, change, by }
 *
 * The server answers changes after their commit.
 */
import type { FencingToken, LockKey, Namespace, SessionId } from "../../core/ids.ts";
import {
  type Holder,
  type HolderFilter,
  listHolders,
  listLocks,
} from "../../core/locks/listing.ts";
import { listSessions } from "../../core/sessions/listing.ts";
import { inTurns } from "../in-turns.ts";
import { AdminError } from "./error.ts";
import {
  type BodyFields,
  countField,
  fieldsOf,
  flagField,
  limitParameter,
  operatorField,
  pathField,
  requiredText,
  textField,
} from "./fields.ts";
import { createOperator, type OperatorOptions } from "./operator.ts";
import type { AdminRequest } from "./socket.ts";
import { createTokenHandlers, type TokenHandlersOptions } from "./tokens.ts";
import { createUserHandlers, type UserHandlersOptions } from "./users.ts";

export interface AdminApiOptions
  extends OperatorOptions,
    TokenHandlersOptions,
    UserHandlersOptions {
  /** For an unlock request that names none. */
  readonly defaultNamespace: string;
}

/** The most holders shown to an operator who must choose one. */
const holdersShownMax = 100;

type Handler = (request: AdminRequest) => Promise<unknown>;

export function createAdminApi(options: AdminApiOptions): Handler {
  const { replica, clock, timekeeper, logger, defaultNamespace } = options;
  const { state } = replica;
  const operator = createOperator(options);
  const tokens = createTokenHandlers(options, operator);
  const users = createUserHandlers(options, operator);

  async function locks({ query }: AdminRequest): Promise<unknown> {
    const namespace = query.get("namespace");
    const looking = listLocks(state, {
      prefix: query.get("prefix") ?? "",
      limit: limitParameter(query),
      ...(namespace !== null && { namespace: namespace as Namespace }),
    });
    const listing = await inTurns(looking, clock, 0);
    return { now: timekeeper.now(), ...listing };
  }

  async function sessions({ query }: AdminRequest): Promise<unknown> {
    const listing = await inTurns(listSessions(state, limitParameter(query)), clock, 0);
    return { now: timekeeper.now(), ...listing };
  }

  async function unlock({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const path = pathField(fields, "path");
    const namespace = (textField(fields, "namespace") ?? defaultNamespace) as Namespace;
    const { token, session, claims } = chosen({ namespace, path, ...choiceOf(fields) });
    const origin = session && state.sessions.open.get(session)?.origin;
    const outcome = await operator.ask({ type: "revoke", token, by });
    if (outcome.type === "rejected") throw notHeld();
    logger.warn(
      { by, via: "admin socket", namespace, path, token, session, origin, claims },
      "an operator took a lock away",
    );
    return { unlocked: true, namespace, path, token, ...(session && { session }) };
  }

  /** The only holder that fits the choice; with `any` the newest of several. */
  function chosen({ any, ...filter }: Choice & Pick<HolderFilter, "namespace" | "path">): Holder {
    const found = listHolders(state, { ...filter, limit: holdersShownMax });
    if (found === undefined) {
      throw new AdminError(404, "not_found", "a lock by that name does not exist");
    }
    const { holders, count, newest } = found;
    if (newest === undefined) throw nobodyFits(filter);
    if (count === 1 || any) return newest;
    const facts = { now: timekeeper.now(), holders };
    throw new AdminError(409, "several_holders", `${count} hold that lock`, facts);
  }

  async function kick({ body }: AdminRequest): Promise<unknown> {
    const fields = fieldsOf(body);
    const by = operatorField(fields);
    const target = requiredText(fields, "session") as SessionId;
    const origin = state.sessions.open.get(target)?.origin;
    const outcome = await operator.ask({ type: "kick_session", target, by });
    if (outcome.type === "rejected") {
      throw new AdminError(404, "not_found", "a session by that id does not exist");
    }
    logger.warn(
      { by, via: "admin socket", session: target, origin },
      "an operator ended a session",
    );
    return { kicked: true, session: target };
  }

  const handlers: Readonly<Record<string, { readonly method: string; readonly handle: Handler }>> =
    {
      "/admin/v1/locks": { method: "GET", handle: locks },
      "/admin/v1/sessions": { method: "GET", handle: sessions },
      "/admin/v1/unlock": { method: "POST", handle: unlock },
      "/admin/v1/kick": { method: "POST", handle: kick },
      "/admin/v1/tokens": { method: "GET", handle: tokens.list },
      "/admin/v1/tokens/create": { method: "POST", handle: tokens.create },
      "/admin/v1/tokens/revoke": { method: "POST", handle: tokens.revoke },
      "/admin/v1/users": { method: "GET", handle: users.list },
      "/admin/v1/users/create": { method: "POST", handle: users.create },
      "/admin/v1/users/delete": { method: "POST", handle: users.delete },
      "/admin/v1/users/rename": { method: "POST", handle: users.rename },
      "/admin/v1/users/password": { method: "POST", handle: users.password },
      "/admin/v1/users/change": { method: "POST", handle: users.change },
    };

  return async (request) => {
    const found = Object.hasOwn(handlers, request.path) ? handlers[request.path] : undefined;
    if (found === undefined) throw new AdminError(404, "unknown_path", "there is no such path");
    if (found.method !== request.method) {
      throw new AdminError(405, "wrong_method", `it must be asked with ${found.method}`);
    }
    return await found.handle(request);
  };
}

/** An operator's choice among the holders of a lock. */
interface Choice extends Pick<HolderFilter, "key" | "token"> {
  readonly any: boolean;
}

function choiceOf(fields: BodyFields): Choice {
  const key = textField(fields, "key") as LockKey | undefined;
  const token = countField(fields, "token") as FencingToken | undefined;
  return {
    any: flagField(fields, "any"),
    ...(key !== undefined && { key }),
    ...(token !== undefined && { token }),
  };
}

function nobodyFits({ key, token }: Pick<Choice, "key" | "token">): AdminError {
  if (key !== undefined) return new AdminError(409, "wrong_key", "invalid lock key");
  if (token === undefined) return notHeld();
  return new AdminError(409, "wrong_token", "nobody holds that lock with that token");
}

function notHeld(): AdminError {
  return new AdminError(409, "not_held", "nobody holds that lock");
}
