/** Assembles the server. Only this file knows sockets, clock, files and configuration all together. */
import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { Bus } from "../bus/bus.ts";
import { createLocalBus } from "../bus/local.ts";
import type { State } from "../core/apply.ts";
import type { LogIndex, NodeId, RunId } from "../core/ids.ts";
import type { Notice } from "../core/notice.ts";
import { type FleetingLimits, fleetingLimitsDefault } from "../fleeting/apply.ts";
import type { Log } from "../log/log.ts";
import { createHealth } from "../protocols/grpc/mod.ts";
import { createOperator, openAdmin } from "./admin/admin.ts";
import { apis, type Spoken, spokenOn } from "./apis/mod.ts";
import { createBudget, rest } from "./budget/budget.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { coreLimits, heapAdvice } from "./core-limits.ts";
import { createIdentities } from "./identities.ts";
import { createApiTokens } from "./identity/api-tokens.ts";
import { createCredentialRefusals } from "./identity/credential-refusals.ts";
import { createGatekeeper } from "./identity/identity.ts";
import { createLogins } from "./identity/logins.ts";
import { inTurns } from "./in-turns.ts";
import { type ListenerName, type NamedListener, openListeners } from "./listeners.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { joinObservers, logObserver, type Observer } from "./observer.ts";
import { openApis } from "./open-apis.ts";
import { operatingPages } from "./operating-pages.ts";
import { peerLimits } from "./peer-limits.ts";
import { recover } from "./recovery.ts";
import { createReplica, type Replica } from "./replica.ts";
import { type RoomWatch, watchRoom } from "./room-watch.ts";
import { makeRoot } from "./root-user.ts";
import { routesOf } from "./routes.ts";
import { createSharedTimekeeper } from "./shared-timekeeper.ts";
import { createSnapshotter, type Snapshotter } from "./snapshotter.ts";
import { createTidying, type Tidying } from "./tidying.ts";
import { createTimekeeper, type Timekeeper } from "./timekeeper.ts";
import { openTls, type Tls } from "./tls/tls.ts";
import { type TroubleWatch, watchTrouble } from "./trouble.ts";
import { type WatchedDisk, watchDisk } from "./watched-disk.ts";
import { systemWorld, type World } from "./world.ts";

export interface Server {
  readonly addresses: readonly BoundAddress[];
  /** Stops accepting, closes connections, flushes the log and releases the data. Locks stay held. */
  stop(): Promise<void>;
  /**
   * Makes the user `root` if there is no user yet, and returns its password if that is a random one. Rejects if the
   * file with the password cannot be read, or the log does not take it.
   */
  makeRoot(): Promise<string | undefined>;
  /** Reads the TLS files again, for new connections, and logs whether it can use them. */
  reload(): void;
  /** Rejects with the reason why the server cannot go on: a bug, or a failed disk. */
  readonly failed: Promise<never>;
}

export interface BoundAddress extends Spoken {
  readonly name: ListenerName;
  readonly host: string;
  /** The bound port, also when the configuration says 0. */
  readonly port: number;
}

export interface ServerOptions {
  readonly logger: Logger;
  /** Absent: the real one. */
  readonly world?: World;
  /** For tests; absent in production. */
  readonly observer?: Observer;
}

/** From one check of the clock and of the log to the next. */
const beatMs = 250;

/** Opens the data, replays it, and listens. Rejects, with nothing left open, when it cannot. */
export async function startServer(
  config: Config,
  { logger, world = systemWorld, observer }: ServerOptions,
): Promise<Server> {
  const createTime = world.isLogShared ? createSharedTimekeeper : createTimekeeper;
  const { wallNowMs, clock, cpuMs } = world;
  const timekeeper = createTime({ wallNowMs, nowMs: clock.nowMs, cpuMs });
  const disk = watchDisk({ disk: world.disk, timekeeper, logger });
  const tls = openTls(config, { logger, wallNowMs: world.wallNowMs });
  const watcher = joinObservers([logObserver(logger), observer]);
  const options = { config, world, tls, timekeeper, disk, logger, observer: watcher };
  const log = await world.openLog({
    config,
    disk: disk.disk,
    clock: world.clock,
    now: timekeeper.now,
    report: (damage) => logger.error({ err: damage }, "a snapshot is damaged"),
  });
  try {
    return await startOn(log, options);
  } catch (error) {
    await log.close();
    throw error;
  }
}

interface StartOptions {
  readonly config: Config;
  readonly world: World;
  readonly tls: Tls;
  readonly timekeeper: Timekeeper;
  readonly disk: WatchedDisk;
  readonly logger: Logger;
  readonly observer: Observer | undefined;
}

async function startOn(log: Log, options: StartOptions): Promise<Server> {
  const { world, timekeeper, disk, logger } = options;
  const advice = heapAdvice(options.config.limits, world.heapBytesMax());
  if (advice !== undefined) logger.warn(advice, "the state could outgrow the heap");
  const state = await recover(log, options);
  timekeeper.begin(state.at);
  const trouble = watchTrouble({
    timekeeper,
    disk,
    nowMs: world.clock.nowMs,
    logger,
    log: log.status,
  });
  // Start before the first entry: if the disk refuses it, these calls advance the log's time until the next try.
  const stopLooking = world.clock.every(beatMs, trouble.look);
  try {
    const server = await serve(log, state, trouble, options);
    return {
      ...server,
      stop() {
        stopLooking();
        return server.stop();
      },
    };
  } catch (error) {
    stopLooking();
    throw error;
  }
}

async function serve(
  log: Log,
  state: State,
  trouble: TroubleWatch,
  options: StartOptions,
): Promise<Server> {
  const { config, world, tls, timekeeper, disk, observer } = options;
  const bus = createLocalBus({ limits: topicLimits(config.limits), clock: world.clock });
  const listeners: NamedListener[] = [];
  /** Those that act on changes of the state. */
  const readers: ((notice: Notice) => void)[] = [];
  const limits = peerLimits(config.limits, world.heapBytesMax());
  const budget = createBudget(limits, world.clock, () => log.status().pendingBytes);
  const replica = createReplica({
    state,
    log,
    timekeeper,
    clock: world.clock,
    deliver: observer === undefined ? bus.send : observed(bus.send, observer),
    answer: bus.send,
    notice(notice) {
      for (const read of readers) read(notice);
    },
    overran: (ms) => rest(budget.turns, ms),
    delivered(entries) {
      for (const { listener } of listeners) listener.flush();
      if (observer !== undefined) for (const entry of entries) observer.applied(entry);
    },
  });
  const begunAt = await beginRun(replica, options);

  const { durability } = log.status();
  const health = createHealth(apis.flatMap(({ service }) => service?.name ?? []));
  const node = config.node as NodeId;
  const identities = createIdentities({ node, begunAt, advancedBy: state.advancedBy });
  const apiTokens = createApiTokens({ state, newSecret: world.newSecret });
  const { logger } = options;
  const { clock } = world;
  const refusals = createCredentialRefusals({ clock, logger });
  const gatekeeper = createGatekeeper({ clock, apiTokens, refusals });
  const passwords = world.createPasswords();
  const logins = createLogins({ passwords, clock, refusals });
  const parts = { config, replica, bus, identities, world, logger };
  const { wallMsOf } = timekeeper;
  const open = openApis({ ...parts, gatekeeper, passwords, logins, durability, health, wallMsOf });
  const room = watchRoom({ state, nowMs: world.clock.nowMs, logger });
  readers.push(open.noticed, room.noticed);
  const snapshotter = snapshotterFor(log, options);
  const metrics = createMetrics({
    ...{ state, room, refusals, timekeeper, disk, snapshotter, tls, bus, budget },
    meters: open.meters,
    briefGrants: open.briefGrants,
    log: log.status,
    addProcessMetrics: world.addProcessMetrics,
    listeners: () => listeners.map(({ name, listener }) => ({ name, status: listener.status })),
  });
  let isStopping = false;
  const pages = operatingPages({
    ...{ replica, log, metrics, trouble },
    node: config.node,
    nowMs: world.clock.nowMs,
    pageIntervalMs: config.pageInterval,
    isStopping: () => isStopping,
  });
  const lookAtHealth = () => health.set(trouble.current() === undefined);
  const admin = await openAdmin({ ...options, ...parts, apiTokens, passwords });
  const tidying = createTidying({
    heap: world.heap,
    nowMs: world.clock.nowMs,
    cpuMs: world.cpuMs,
    neededBytes: () => state.holdings.bytes + budget.memory.bytes,
  });
  const stopBeats = beat({
    config,
    clock: world.clock,
    replica,
    snapshotter,
    room,
    tidying,
    lookAtHealth,
  });

  async function stop(): Promise<void> {
    isStopping = true;
    stopBeats();
    const watchers = inTurns(health.stop(), world.clock);
    for (const { listener } of listeners) listener.stopAccepting();
    const goodbyes = Promise.all([watchers, open.stop()]);
    await admin.close();
    await Promise.all(listeners.map(({ listener }) => listener.close(goodbyes)));
    await snapshotter?.stop();
    await replica.stop();
    await log.close();
  }

  try {
    await openListeners(listeners, routesOf(open.served, pages), { ...options, budget });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    addresses: listeners.flatMap(({ name, listener: { hosts, port } }) =>
      hosts.map((host) => ({ name, host, port, ...spokenOn(name) })),
    ),
    stop,
    makeRoot: () =>
      makeRoot({
        state,
        operator: createOperator({ ...parts, clock: world.clock }),
        passwords,
        logger,
        newSecret: world.newSecret,
        passwordFile: config.rootPasswordFile,
      }),
    reload: tls.reload,
    failed: replica.failed,
  };
}

function observed(send: Bus["send"], observer: Observer): Bus["send"] {
  return (effect) => {
    const isDelivered = send(effect);
    observer.sent(effect, isDelivered);
    return isDelivered;
  };
}

/**
 * Tells the log that the node's former connections are gone, and what its limits are. Resolves, with the
 * index of the node's start, once that is durable; what clients ask for comes after the limits.
 */
async function beginRun(replica: Replica, { config, world }: StartOptions): Promise<LogIndex> {
  const begun = replica.begin({
    type: "start",
    node: config.node as NodeId,
    run: world.newUuid() as RunId,
    restartGraceMs: config.restartGrace,
  });
  const index = await Promise.race([begun, replica.failed]);
  const limits = coreLimits(config.limits, world.heapBytesMax());
  if (!isDeepStrictEqual(limits, replica.state.limits)) {
    replica.propose([{ type: "set_limits", limits }]);
  }
  return index;
}

function topicLimits(limits: Config["limits"]): FleetingLimits {
  return {
    ...fleetingLimitsDefault,
    subscriptionsPerSessionMax: limits.subscriptionsPerConnectionMax,
    subscriptionsPerAddressMax: limits.subscriptionsPerAddressMax,
    topicBytesMax: limits.nameBytesMax,
  };
}

function snapshotterFor(
  log: Log,
  { config, world, logger }: StartOptions,
): Snapshotter | undefined {
  if (config.data.type === "memory") return undefined;
  const { path: folder } = config.data;
  return createSnapshotter({ log, folder, everyBytes: config.snapshotEvery, logger, world });
}

interface BeatOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly replica: Replica;
  readonly snapshotter: Snapshotter | undefined;
  readonly room: RoomWatch;
  readonly tidying: Tidying;
  lookAtHealth(): void;
}

/** Runs periodic work until the returned function is called. */
function beat({
  config,
  clock,
  replica,
  snapshotter,
  room,
  tidying,
  lookAtHealth,
}: BeatOptions): () => void {
  const { locks } = replica.state;
  const stopLooking = clock.every(beatMs, () => {
    snapshotter?.look();
    room.look();
    tidying.look();
    lookAtHealth();
  });
  const stopCollecting = clock.every(config.ldlm.lockGcInterval, () => {
    if (locks.idleSlots.size + locks.idleSpaces.size === 0) return;
    replica.propose([{ type: "collect", idleMs: config.ldlm.lockGcMinIdle }]);
  });
  return () => {
    stopLooking();
    stopCollecting();
  };
}
