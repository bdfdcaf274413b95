import { claimsFault } from "../../core/locks/claims.ts";
import { statisticsOf } from "../../core/locks/statistics.ts";
import { createLocktopus } from "../../protocols/locktopus/locktopus.ts";
import { apiConfigs } from "../config.ts";
import { packageVersion } from "../version.ts";
import type { Api } from "./api.ts";
import { upgradesOf } from "./upgrades.ts";

const paths: ReadonlySet<string> = new Set(["/v1", "/stats", "/stats_v1"]);

export const locktopus = {
  ...apiConfigs.locktopus,
  speaks: "Locktopus",
  hints: [["Locktopus V1", "WebSocket /v1?namespace=NAMESPACE"]],
  links: [["/stats?namespace=default", "statistics of a namespace"]],
  open({ settings: own, identities, node, limits, state, durability, ...context }) {
    const { world, pageIntervalMs, host } = context;
    const { http, upgrade } = createLocktopus({
      ...identities,
      node,
      jsonDepthMax: limits.jsonDepthMax,
      abandonTimeouts: { default: own.abandonTimeout, max: own.abandonTimeoutMax },
      namespaces: state.locks.spaces,
      claimsFault: (claims) => claimsFault(claims, state.limits),
      statistics: (namespace, nodesMax) => statisticsOf(state, namespace, nodesMax),
      nowMs: world.clock.nowMs,
      pageIntervalMs,
      title: `Holdfast ${packageVersion()}, Locktopus API`,
      parameters: [
        { name: "node", value: node },
        { name: "durability", value: durability },
      ],
    });
    const routes = { http, upgrade: upgradesOf(host, upgrade) };
    return { owns: (path) => paths.has(path), routes: () => routes };
  },
} as const satisfies Api<typeof apiConfigs.locktopus.settings>;
