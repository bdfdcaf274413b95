import type { Logger } from "pino";
import type { Bus } from "../bus/bus.ts";
import type { LockKey, Namespace, NodeId } from "../core/ids.ts";
import { statisticsOf } from "../core/locks/statistics.ts";
import { isTaken } from "../core/locks/taken.ts";
import { createReflections, type Health } from "../protocols/grpc/mod.ts";
import { createLdlmGrpc, ldlmFile } from "../protocols/ldlm/grpc.ts";
import { createLdlmRest } from "../protocols/ldlm/rest.ts";
import { createLocktopus } from "../protocols/locktopus/locktopus.ts";
import type { Identities } from "../protocols/protocol.ts";
import { createSoftvisio } from "../protocols/softvisio/softvisio.ts";
import { createApiTokens } from "./api-tokens.ts";
import type { Config } from "./config.ts";
import { createHost, type Host } from "./conversation/host.ts";
import { createFanOut } from "./fan-out.ts";
import type { OperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";
import type { Apis, LdlmApi, LdlmListener } from "./routes.ts";
import { packageVersion } from "./version.ts";
import type { World } from "./world.ts";

export interface ApisOptions {
  readonly config: Config;
  readonly replica: Replica;
  readonly bus: Bus;
  readonly identities: Identities;
  readonly durability: string;
  readonly world: Pick<World, "clock" | "wallNowMs" | "newSecret" | "newUuid">;
  /** The health service over gRPC. */
  readonly health: Health;
  readonly logger: Logger;
  readonly meters: Readonly<Record<"locktopus" | "ldlm" | "softvisio", OperationMeter>>;
}

/** Creates the protocols with everything that they need, and the hosts of their conversations. */
export function createApis(options: ApisOptions): Apis {
  const { config, replica, bus, identities, durability, world, health, logger, meters } = options;
  const { state } = replica;
  const { limits, allowedOrigins } = config;
  const node = config.node as NodeId;
  const shared = {
    ...identities,
    node,
    jsonDepthMax: limits.jsonDepthMax,
  };
  const { clock } = world;

  function ldlm(listener: LdlmListener): LdlmApi {
    const context = {
      ...shared,
      namespace: config.ldlm.namespace as Namespace,
      password: config.ldlm.password,
      newKey: () => world.newUuid() as LockKey,
    };
    return {
      rest: createLdlmRest({
        ...context,
        allowedOrigins,
        sessionIdleMs: config.ldlm.restSessionTimeout,
        waitMsMax: config.ldlm.restWaitOn.includes(listener) ? config.ldlm.restWaitMax : 0,
        newSecret: world.newSecret,
        now: world.wallNowMs,
      }),
      grpc: createLdlmGrpc({
        ...context,
        keepsLocks: config.ldlm.noClearOnDisconnect.includes(listener),
        restartGraceMs: config.ldlm.restartGrace,
        waitersMax: limits.waitersPerConnectionMax,
      }),
    };
  }

  const fanOut = createFanOut(clock);
  function host(meter: OperationMeter): Host {
    const pendingMax = limits.pendingPerConnectionMax;
    return createHost({ replica, bus, meter, clock, fanOut, logger, pendingMax });
  }

  const locktopus = createLocktopus({
    ...shared,
    abandonTimeoutMsDefault: config.locktopus.abandonTimeout,
    statistics: (namespace) => statisticsOf(state, namespace),
    namespaces: () => [...state.locks.spaces.keys()],
    title: `Holdfast ${packageVersion()}, Locktopus API`,
    parameters: [
      { name: "node", value: node },
      { name: "durability", value: durability },
    ],
  });

  const apiTokens = createApiTokens({ state, newSecret: world.newSecret });
  const mutexes = config.softvisio.namespace as Namespace;
  const softvisio = createSoftvisio({
    ...shared,
    namespace: mutexes,
    restartGraceMs: config.softvisio.restartGrace,
    waitersMax: limits.waitersPerConnectionMax,
    nameBytesMax: limits.nameBytesMax,
    allowedOrigins,
    gate: {
      isClosed: config.softvisio.requireToken,
      admits: (token) => apiTokens.judge(token) !== undefined,
      nameOf: (token) => apiTokens.nameOf(token),
    },
    newKey: () => world.newUuid() as LockKey,
    isTaken: (mutexId) => isTaken(state, mutexes, [mutexId]),
  });

  const hosts = {
    locktopus: host(meters.locktopus),
    ldlm: host(meters.ldlm),
    softvisio: host(meters.softvisio),
  };
  const services = [health, ...createReflections([ldlmFile, health.file])];
  return {
    locktopus: { protocol: locktopus, host: hosts.locktopus },
    ldlm: {
      listeners: { main: ldlm("main"), ldlm: ldlm("ldlm"), ldlmRest: ldlm("ldlmRest") },
      host: hosts.ldlm,
      methods: new Map(services.flatMap(({ methods }) => [...methods])),
    },
    softvisio: { protocol: softvisio, host: hosts.softvisio },
    review: hosts.softvisio.review,
    stop() {
      for (const each of Object.values(hosts)) each.stop();
    },
  };
}
