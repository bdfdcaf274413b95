import type { JsonText, Namespace, SessionId } from "../../core/ids.ts";
import { listLocks } from "../../core/locks/listing.ts";
import type { Tags } from "../../core/users/state.ts";
import { rootPrefix } from "../../core/users/tags.ts";
import {
  createNexus,
  type Hook,
  hookOf,
  taskHookOf,
  topicOf,
} from "../../protocols/nexus/nexus.ts";
import { apiConfigs } from "../config.ts";
import { exchange } from "../conversation/exchange.ts";
import { serveMessages } from "../conversation/messages.ts";
import { inTurns } from "../in-turns.ts";
import type { Routes } from "../listen/listener.ts";
import type { Api } from "./api.ts";
import { upgradesOf } from "./upgrades.ts";

export const nexus = {
  ...apiConfigs.nexus,
  speaks: "Nexus",
  hints: [["Nexus", "JSON-RPC over TCP, WebSocket / and /nexus, POST / and /nexus"]],
  links: [],
  open({ settings: own, identities, node, limits, allowedOrigins, world, host, ...context }) {
    const { state, census, passwords, logins, topics } = context;
    const namespace = own.namespace as Namespace;
    const nextConnection = connectionIds(world.newSecret());
    // To make hooks that nobody hears would cost as much as the tasks.
    let areHooksWanted = false;
    const tell = ({ event, filters }: Hook) => context.announce(event, filters);
    const { converse, exchange: begin } = createNexus({
      ...identities,
      nextSession: nextConnection,
      node,
      namespace,
      dialect: own.dialect,
      messageBytesMax: limits.messageBytesMax,
      jsonDepthMax: limits.jsonDepthMax,
      nameBytesMax: limits.nameBytesMax,
      allowedOrigins,
      isWhitelistStrict: own.strictWhitelist,
      nobodyTags: tagsIn(own.nobodyTags),
      state,
      recordOf: passwords.recordOf,
      judgeLogin: (attempt) => logins.judge({ ...attempt, api: "nexus" }),
      newSecret: world.newSecret,
      wallMsOf: context.wallMsOf,
      inSteps: (work) => inTurns(work, world.clock),
      *heldLocks() {
        const limit = Number.POSITIVE_INFINITY;
        const { locks } = yield* listLocks(state, { prefix: "", namespace, limit });
        const held = locks.filter(({ type }) => type === "holder");
        return held.flatMap(({ claims, session }) =>
          claims.map(({ path }) => ({ name: path.join("/"), owner: session })),
        );
      },
      *listedPeers() {
        const attendees = yield* census.all();
        return attendees.map(({ session, node: at, transport, address, user, sinceMs }) => {
          const api = transport;
          return { session, node: at, api, remoteAddress: address, user, openedAtMs: sinceMs };
        });
      },
      kickConnection: census.kick,
      userOf: (session) => census.find(session)?.user,
      hooksWanted() {
        areHooksWanted = true;
      },
      listedTopics: () =>
        topics().map(({ filter, count }) => ({ topic: topicOf(filter), subscribers: count })),
      listedNodes: () => [
        { id: node, clients: census.connectionCount, load: world.loads(), isListening: true },
      ],
    });
    const routes: Routes = {
      http(request, client) {
        const transport = request.isEncrypted ? "https" : "http";
        return exchange(host, begin({ ...request, transport }), { request, client });
      },
      upgrade: upgradesOf(host, (request) => {
        const transport = request.isEncrypted ? "wss" : "ws";
        return () => converse({ ...request, transport });
      }),
      stream: (client) => (socket) => {
        const transport = client.isEncrypted ? "ssl" : "tcp";
        return serveMessages(host, converse({ ...client, headers: {}, transport }), socket);
      },
      subprotocol: (_, offered) => (offered.size === 1 ? [...offered][0] : undefined),
    };
    return {
      owns: (path, method) => path === "/nexus" || (path === "/" && !isRead(method)),
      routes: () => routes,
      noticed(notice) {
        if (notice.type === "account_closed") host.review();
        if (!areHooksWanted) return;
        if (notice.type === "user_action") tell(hookOf(notice));
        if (notice.type === "task_action") tell(taskHookOf(notice, context.wallMsOf));
      },
    };
  },
} as const satisfies Api<typeof apiConfigs.nexus.settings>;

/** `@topic.sub`, or `@topic.sub:news` for the prefix `news`. */
function tagsIn(given: readonly string[]): Tags {
  const pairs = given.map((text) => {
    const [name = "", ...prefix] = text.split(":");
    return { name, prefix: prefix.join(":").toLowerCase() || rootPrefix };
  });
  const groups = Map.groupBy(pairs, ({ prefix }) => prefix);
  const isTrue = "true" as JsonText;
  return new Map(
    Array.from(groups, ([prefix, group]) => [
      prefix,
      new Map(group.map(({ name }) => [name, isTrue])),
    ]),
  );
}

/** The status page is there. */
function isRead(method: string | undefined): boolean {
  return method === "GET" || method === "HEAD";
}

/** Hexadecimal digits of a part of an id. */
const digits = 8;

/**
 * Ids of connections, in the form that clients know: eight digits for this run of the node, and eight that count. They
 * are new to the log, because no two runs begin with the same digits.
 */
function connectionIds(secret: string): () => SessionId {
  const run = secret.slice(0, digits);
  let count = 0;
  return () => {
    count += 1;
    return `${run}${count.toString(16).padStart(digits, "0")}` as SessionId;
  };
}
