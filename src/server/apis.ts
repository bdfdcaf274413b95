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
import { createCallGateway } from "./call-gateway.ts";
import type { Config } from "./config.ts";
import { createFanOut } from "./fan-out.ts";
import { createHttpGateway } from "./http-gateway.ts";
import { createMessageGateway, type MessageGateway } from "./message-gateway.ts";
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
  readonly meters: Readonly<Record<"locktopus" | "ldlm" | "softvisio", OperationMeter>>;
}

/** Creates the protocols with everything that they need, and the gateways from them to the replica. */
export function createApis(options: ApisOptions): Apis {
  const { config, replica, bus, identities, durability, world, health, meters } = options;
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
  function gateway(meter: OperationMeter): MessageGateway {
    const pendingMax = limits.pendingPerConnectionMax;
    return createMessageGateway({ replica, bus, meter, clock, fanOut, pendingMax });
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

  const messages = {
    locktopus: gateway(meters.locktopus),
    softvisio: gateway(meters.softvisio),
  };
  const http = createHttpGateway({ replica, bus, meter: meters.ldlm, clock, fanOut });
  const calls = createCallGateway({
    replica,
    bus,
    meter: meters.ldlm,
    clock,
    services: [health, ...createReflections([ldlmFile, health.file])],
  });
  return {
    locktopus: { protocol: locktopus, messages: messages.locktopus },
    ldlm: { main: ldlm("main"), ldlm: ldlm("ldlm"), ldlmRest: ldlm("ldlmRest") },
    softvisio: { protocol: softvisio, messages: messages.softvisio },
    http,
    calls,
    review: messages.softvisio.review,
    stop() {
      messages.locktopus.stop();
      messages.softvisio.stop();
      calls.stop();
      http.stop();
    },
  };
}
