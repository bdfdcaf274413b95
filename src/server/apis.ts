import { randomBytes, randomUUID } from "node:crypto";
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

export interface ApiParts {
  readonly config: Config;
  readonly replica: Replica;
  readonly bus: Bus;
  readonly durability: string;
  readonly meters: { readonly locktopus: OperationMeter; readonly ldlm: OperationMeter };
}

/** The protocols with all that they ask of the world, and the ways from them to the replica. */
export function createApis({ config, replica, bus, durability, meters }: ApiParts): Apis {
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
      pendingMax: limits.pendingPerConnectionMax,
    }),
    http: createHttpGateway({ replica, bus, meter: meters.ldlm }),
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
      newSecret: () => randomBytes(16).toString("hex"),
      newKey: () => randomUUID() as LockKey,
      now: Date.now,
    }),
  };
}
