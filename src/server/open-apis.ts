import type { Logger } from "pino";
import type { Bus } from "../bus/bus.ts";
import type { NodeId, TimeMs } from "../core/ids.ts";
import type { Notice } from "../core/notice.ts";
import { createReflections, type Health } from "../protocols/grpc/mod.ts";
import type { Identities } from "../protocols/protocol.ts";
import { type Api, apis, type OpenApi } from "./apis/mod.ts";
import { type BriefGrants, createBriefGrants } from "./brief-grants.ts";
import { createCensus } from "./census.ts";
import { apiSettings, type Config } from "./config.ts";
import { createHost, type Host } from "./conversation/host.ts";
import { createFanOut } from "./fan-out.ts";
import type { Gatekeeper } from "./identity/identity.ts";
import type { Logins } from "./identity/logins.ts";
import type { Passwords } from "./identity/passwords.ts";
import { createOperationMeter, type OperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";
import type { World } from "./world.ts";

/** All APIs at work. */
export interface OpenApis {
  readonly served: readonly ServedApi[];
  readonly meters: readonly OperationMeter[];
  readonly briefGrants: Pick<BriefGrants, "total">;
  noticed(notice: Notice): void;
  /** Ends every conversation in the way of its protocol. Resolves when each has been asked to end. */
  stop(): Promise<void>;
}

export type ServedApi = Api & OpenApi;

export interface OpenApisOptions {
  readonly config: Config;
  readonly replica: Replica;
  readonly bus: Bus;
  readonly identities: Identities;
  readonly durability: string;
  readonly world: Pick<World, "clock" | "wallNowMs" | "loads" | "newSecret" | "newUuid">;
  readonly passwords: Passwords;
  readonly logins: Logins;
  readonly wallMsOf: (at: TimeMs) => number;
  readonly gatekeeper: Gatekeeper;
  /** The health service over gRPC. */
  readonly health: Health;
  readonly logger: Logger;
}

/** Opens each API with everything that it needs, and the host of its conversations. */
export function openApis(options: OpenApisOptions): OpenApis {
  const { config, replica, bus, world, logger, health } = options;
  const { limits, allowedOrigins } = config;
  const { clock } = world;
  const fanOut = createFanOut(clock);
  const briefGrants = createBriefGrants(clock, logger);
  const files = apis.flatMap(({ service }) => service?.file ?? []);
  const services = [health, ...createReflections([...files, health.file])];
  const callMethods = new Map(services.flatMap(({ methods }) => [...methods]));
  const served: ServedApi[] = [];
  const meters: OperationMeter[] = [];
  const hosts = new Map<string, Host>();
  const census = createCensus({
    node: config.node,
    state: replica.state,
    hosts: () => hosts,
    wallMsOf: options.wallMsOf,
    wallMsAt: (nowMs) => world.wallNowMs() - (clock.nowMs() - nowMs),
  });
  for (const api of apis) {
    const meter = createOperationMeter(api.name);
    const pendingMax = limits.pendingPerConnectionMax;
    const host = createHost({ replica, bus, meter, clock, fanOut, logger, pendingMax });
    meters.push(meter);
    hosts.set(api.name, host);
    const settings = apiSettings(config, api.name);
    const identity = options.gatekeeper.identityFor(api.name, api.guard?.proof(settings));
    const opened = api.open({
      ...options,
      ...{ settings, identity },
      node: config.node as NodeId,
      ...{ limits, allowedOrigins, callMethods, host },
      noteBriefGrant: briefGrants.note,
      census,
      topics: bus.topics,
      announce: (event, filters) => fanOut.perform(bus, { type: "announce", event, filters }),
      pageIntervalMs: config.pageInterval,
      state: replica.state,
    });
    served.push({ ...api, ...opened });
  }
  return {
    served,
    meters,
    briefGrants,
    noticed(notice) {
      for (const api of served) api.noticed?.(notice);
    },
    async stop() {
      await Promise.all(Array.from(hosts.values(), (host) => host.stop()));
    },
  };
}
