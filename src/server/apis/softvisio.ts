import type { LockKey, Namespace } from "../../core/ids.ts";
import { isTaken } from "../../core/locks/taken.ts";
import { createSoftvisio } from "../../protocols/softvisio/softvisio.ts";
import { apiConfigs } from "../config.ts";
import { exchange } from "../conversation/exchange.ts";
import type { Routes } from "../listen/listener.ts";
import type { Api } from "./api.ts";
import { upgradesOf } from "./upgrades.ts";

export const softvisio = {
  ...apiConfigs.softvisio,
  speaks: "softvisio",
  hints: [["softvisio RPC", "WebSocket /api/, GET and POST /api/v1/…"]],
  links: [],
  open({ settings: own, identities, node, limits, allowedOrigins, ...context }) {
    const { state, identity, world, host } = context;
    const { namespace: name, restartGrace } = own;
    const mutexes = name as Namespace;
    const protocol = createSoftvisio({
      ...identities,
      node,
      namespace: mutexes,
      restartGraceMs: restartGrace,
      waitersMax: limits.waitersPerConnectionMax,
      nameBytesMax: limits.nameBytesMax,
      jsonDepthMax: limits.jsonDepthMax,
      allowedOrigins,
      identity,
      newKey: () => world.newUuid() as LockKey,
      isTaken: (mutexId) => isTaken(state, mutexes, [mutexId]),
    });
    const routes: Routes = {
      http: (request, client) => exchange(host, protocol.exchange(), { request, client }),
      upgrade: upgradesOf(host, protocol.upgrade),
      subprotocol: (_, offered) => protocol.subprotocol(offered),
    };
    return {
      owns: protocol.owns,
      routes: () => routes,
      noticed(notice) {
        if (notice.type === "api_token_revoked") host.review();
      },
    };
  },
} as const satisfies Api<typeof apiConfigs.softvisio.settings>;
