import type { StaticDecode } from "typebox";
import type { LockKey, Namespace } from "../../core/ids.ts";
import { createLdlmGrpc, ldlmFile, ldlmService } from "../../protocols/ldlm/grpc.ts";
import { createLdlmRest } from "../../protocols/ldlm/rest.ts";
import { apiConfigs } from "../config.ts";
import { serveCalls } from "../conversation/calls.ts";
import { exchange } from "../conversation/exchange.ts";
import { noUpgrades, type Routes } from "../listen/listener.ts";
import type { Api, ApiContext } from "./api.ts";

const paths: ReadonlySet<string> = new Set(["/session", "/v1/lock", "/v1/unlock", "/v1/renew"]);

export const ldlm = {
  ...apiConfigs.ldlm,
  speaks: "LDLM gRPC and REST",
  hints: [
    ["LDLM gRPC", "ldlm.LDLM, with health and reflection"],
    ["LDLM REST", "POST /session, /v1/lock, /v1/unlock, /v1/renew"],
  ],
  links: [],
  service: { name: ldlmService, file: ldlmFile },
  open: (context) => ({
    owns: (path) => paths.has(path),
    routes: (listener) => routesOn(listener, context),
  }),
} as const satisfies Api<typeof apiConfigs.ldlm.settings>;

/** gRPC and REST on any port that serves LDLM. Some settings differ between the ports. */
function routesOn(
  listener: string,
  context: ApiContext<StaticDecode<typeof apiConfigs.ldlm.settings>>,
): Routes {
  const {
    settings: own,
    identities,
    identity,
    node,
    limits,
    allowedOrigins,
    world,
    host,
  } = context;
  const options = {
    ...identities,
    node,
    namespace: own.namespace as Namespace,
    identity,
    nameBytesMax: limits.nameBytesMax,
    newKey: () => world.newUuid() as LockKey,
    wallMsOf: context.wallMsOf,
  };
  const includes = (names: readonly string[]) => names.includes(listener);
  const rest = createLdlmRest({
    ...options,
    jsonDepthMax: limits.jsonDepthMax,
    allowedOrigins,
    sessionIdleMs: own.restSessionTimeout,
    hasBodyExtras: own.restExtras === "body",
    waitMsMax: includes(own.restWaitOn) ? own.restWaitMax : 0,
    newSecret: world.newSecret,
    now: world.wallNowMs,
  });
  const api = createLdlmGrpc({
    ...options,
    keepsLocks: includes(own.noClearOnDisconnect),
    restartGraceMs: own.restartGrace,
    waitersMax: limits.waitersPerConnectionMax,
    nowMs: world.clock.recentMs,
    noteBriefGrant: context.noteBriefGrant,
  });
  return {
    http: (request, client) => exchange(host, rest.begin(), { request, client }),
    upgrade: () => noUpgrades,
    calls: (socket) => serveCalls(host, { api, methods: context.callMethods }, socket),
  };
}
