import type { Bus } from "../bus/bus.ts";
import type { LockKey, Namespace, NodeId } from "../core/ids.ts";
import { statisticsOf } from "../core/statistics.ts";
import { createLdlmRest } from "../protocols/ldlm/rest.ts";
import { createLocktopus } from "../protocols/locktopus/locktopus.ts";
import type { Config } from "./config.ts";
import { createHttpGateway } from "./http-gateway.ts";
import { createIdentities } from "./identities.ts";
import { createMessageGateway } from "./message-gateway.ts";
import type { OperationMeter } from "./metrics.ts";
import type { Replica } from "./replica.ts";
import type { Apis } from "./routes.ts";
import { packageVersion } from "./version.ts";
import type { World } from "./world.ts";

export interface ApiParts {
  readonly config: Config;
  readonly replica: Replica;
  readonly bus: Bus;
  readonly durability: string;
  readonly world: Pick<World, "clock" | "wallNowMs" | "newSecret" | "newUuid">;
  readonly meters: { readonly locktopus: OperationMeter; readonly ldlm: OperationMeter };
}

/** The protocols with all that they ask of the world, and the ways from them to the replica. */
export function createApis({ config, replica, bus, durability, world, meters }: ApiParts): Apis {
  const { state } = replica;
  const { limits, allowedOrigins } = config;
  const node = config.node as NodeId;
  const shared = {
    ...createIdentities(state, node),
    node,
    jsonDepthMax: limits.jsonDepthMax,
  };
  return {
    messages: createMessageGateway({
      replica,
      bus,
      meter: meters.locktopus,
      clock: world.clock,
      pendingMax: limits.pendingPerConnectionMax,
    }),
    http: createHttpGateway({ replica, bus, meter: meters.ldlm, clock: world.clock }),
    locktopus: createLocktopus({
      ...shared,
      abandonTimeoutMsDefault: config.locktopus.abandonTimeout,
      statistics: (namespace) => statisticsOf(state, namespace),
      namespaces: () => [...state.spaces.keys()],
      title: `Holdfast ${packageVersion()}, Locktopus API`,
      parameters: [
        { name: "node", value: node },
        { name: "durability", value: durability },
      ],
    }),
    ldlm: createLdlmRest({
      ...shared,
      allowedOrigins,
      namespace: config.ldlm.namespace as Namespace,
      sessionIdleMs: config.ldlm.restSessionTimeout,
      password: config.ldlm.password,
      isTls: false,
      newSecret: world.newSecret,
      newKey: () => world.newUuid() as LockKey,
      now: world.wallNowMs,
    }),
  };
}
