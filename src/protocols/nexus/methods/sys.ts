import type { JsonText, SessionId, UserName } from "../../../core/ids.ts";
import { tagsWithTemplates } from "../../../core/users/tags.ts";
import { guessesSlowed } from "../../identity.ts";
import { type Answer, type Doing, failure, job, result } from "../doing.ts";
import { arrayOf, jsonOf, objectOf, ok, tagsShown } from "../encode.ts";
import { rpcError } from "../errors.ts";
import type { ListedNode, ListedPeer, Steps } from "../options.ts";
import { integerIn, type Params } from "../params.ts";
import { nullText } from "../request.ts";
import { pageOf, selectionIn } from "../selection.ts";
import type { NexusTalk } from "../talk.ts";
import { arrayInSteps, count, type Listed, looking } from "./listing.ts";
import { denied, may, rejection, textOf, wrong } from "./reading.ts";

/** Clients ask for at least 1.8. */
const version = "1.9.4";

/** In seconds. */
const watchdogMin = 10;
const watchdogMax = 1800;

/** Digits of the id of a connection. Ids of other APIs may be shorter. */
const connIdLength = 16;

const allPeers: Listed<ListedPeer> = {
  things: ({ options }) => options.listedPeers(),
  nameOf: ({ user }) => user,
  shown: (_, peer) => peerShown(peer),
};

export const sysMethods = {
  "sys.ping": ({ dialect }: NexusTalk): Doing => result(dialect === "0.2" ? jsonOf("pong") : ok),
  "sys.version": (talk: NexusTalk): Doing => {
    if (talk.options.dialect === "auto") talk.dialect = "1";
    return result(jsonOf({ version }));
  },
  "sys.watchdog": (talk: NexusTalk, { whole, members }: Params): Doing => {
    const seconds = integerIn(members.get("watchdog") ?? whole);
    if (seconds !== undefined) {
      talk.idleMs = 1000 * Math.min(watchdogMax, Math.max(watchdogMin, seconds));
    }
    return result(jsonOf({ ok: true, watchdog: talk.idleMs / 1000 }));
  },
  "sys.login": (talk: NexusTalk, params: Params): Doing => logIn(talk, params),
  "sys.reload": (talk: NexusTalk): Doing => {
    const { login, options } = talk;
    if (login.account === undefined) return failure(rpcError("invalid_request"));
    const { users } = options.state;
    const user = users.byAccount.get(login.account);
    if (user === undefined) return failure(rpcError("internal_error"));
    talk.login = { ...login, tags: tagsWithTemplates(users, user) };
    return result(ok);
  },
  "sys.node.list": (talk: NexusTalk, params: Params): Doing => {
    if (!may(talk, "sys.node.list", "sys.node")) return denied;
    const selection = selectionIn(params);
    if ("name" in selection) return failure(selection);
    return result(arrayOf(pageOf(selection, talk.options.listedNodes()).map(nodeShown)));
  },
  /** Grouped by user; what limit and skip leave are sessions. */
  "sys.session.list": (talk: NexusTalk, params: Params): Doing =>
    looking(talk, params, { method: "sys.session.list", listed: allPeers }, (peers, selection) =>
      shownByUser(pageOf(selection, peers)),
    ),
  "sys.session.count": count(allPeers, "sys.session.count"),
  "sys.session.kick": (talk: NexusTalk, params: Params): Doing =>
    onSession(talk, params, "sys.session.kick", (target) => {
      const kicked = result(jsonOf({ kicked: 1 }));
      return {
        type: "command",
        command: { type: "kick_session", target, by: talk.login.user },
        needsSession: false,
        // The log does not know a connection that has done nothing yet.
        next: ({ type }) =>
          type !== "rejected" || talk.options.kickConnection(target) ? kicked : unknownSession,
      };
    }),
  "sys.session.reload": (talk: NexusTalk, params: Params): Doing =>
    onSession(talk, params, "sys.session.reload", (target) => ({
      type: "command",
      command: { type: "reload_login", target, by: talk.login.user },
      needsSession: false,
      next: () => result(jsonOf({ reloaded: 1 })),
    })),
};

function logIn(talk: NexusTalk, params: Params): Doing {
  const { options } = talk;
  const method = textOf(params, "method")?.toLowerCase() ?? "basic";
  const given = textOf(params, "user")?.toLowerCase();
  const password = textOf(params, "pass");
  if (method !== "basic") return denied;
  if (given === undefined || password === undefined) return wrong();
  const [user = "", as, ...more] = given.split(">", 3);
  if (more.length > 0 || as === "" || (as !== undefined && user === "")) return wrong();
  const { users } = options.state;
  const record = users.byName.get(user as UserName)?.password;
  return job(
    () => options.judgeLogin({ user, password, record, address: talk.address ?? "" }),
    (judgement): Doing => {
      if (judgement === "too_many_guesses") return tooManyGuesses;
      if (judgement === "wrong" || record === undefined) return denied;
      return {
        type: "command",
        command: {
          type: "log_in",
          user: user as UserName,
          password: record,
          ...(as !== undefined && { as: as as UserName }),
          isWhitelistStrict: options.isWhitelistStrict,
        },
        needsSession: true,
        next(outcome): Answer {
          if (outcome.type === "rejected") return rejection(outcome);
          if (outcome.type !== "logged_in") return failure(rpcError("internal_error"));
          const { user: name, account, tags } = outcome;
          talk.login = { user: name, account, tags };
          return result(
            objectOf([
              ["ok", jsonOf(true)],
              ["user", jsonOf(name)],
              ["connid", jsonOf(talk.session)],
              ["tags", tagsShown(tags)],
              ["metadata", nullText],
            ]),
          );
        },
      };
    },
  );
}

function onSession(
  talk: NexusTalk,
  params: Params,
  method: string,
  doing: (target: SessionId) => Doing,
): Doing {
  const target = textOf(params, "connid") ?? textOf(params, "connId");
  if (target === undefined) return wrong();
  const session = target as SessionId;
  const user = talk.options.userOf(session);
  if (user === undefined) return target.length < connIdLength ? wrong() : unknownSession;
  return may(talk, method, user) ? doing(session) : denied;
}

const tooManyGuesses: Answer = failure(rpcError("permission_denied", guessesSlowed));
const unknownSession: Answer = failure(rpcError("internal_error"));

function* shownByUser(peers: readonly ListedPeer[]): Steps<JsonText> {
  const groups: JsonText[] = [];
  for (const [user, group] of Map.groupBy(peers, (peer) => peer.user)) {
    const sessions = yield* arrayInSteps(group, peerShown);
    groups.push(
      objectOf([
        ["user", jsonOf(user)],
        ["n", jsonOf(group.length)],
        ["sessions", sessions],
      ]),
    );
    yield;
  }
  return arrayOf(groups);
}

function peerShown({ session, node, api, remoteAddress, openedAtMs }: ListedPeer): JsonText {
  return jsonOf({
    id: session,
    connid: session,
    nodeid: node,
    remoteAddress,
    creationTime: new Date(openedAtMs).toISOString(),
    protocol: api,
  });
}

/** The load by both of its spellings. */
function nodeShown({ id, clients, load, isListening }: ListedNode): JsonText {
  const [load1, load5, load15] = load;
  const spelled = { Load1: load1, Load5: load5, Load15: load15 };
  return jsonOf({
    id,
    clients,
    load: { ...spelled, load1, load5, load15 },
    load1,
    load5,
    load15,
    version,
    listening: isListening,
  });
}
