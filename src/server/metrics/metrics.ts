import { Registry } from "prom-client";
import type { State } from "../../core/apply.ts";
import type { LogStatus } from "../../log/log.ts";
import type { BriefGrants } from "../brief-grants.ts";
import { latencyBoundsMs, type OperationMeter } from "../operation-meter.ts";
import type { RoomWatch } from "../room-watch.ts";
import type { Snapshotter } from "../snapshotter.ts";
import type { Timekeeper } from "../timekeeper.ts";
import type { Tls } from "../tls/tls.ts";
import type { WatchedDisk } from "../watched-disk.ts";
import { type BudgetMetricsOptions, budgetMetrics } from "./budget-metrics.ts";
import { type EventMetricsOptions, eventMetrics } from "./event-metrics.ts";
import { type IdentityMetricsOptions, identityMetrics } from "./identity-metrics.ts";
import { listenerMetrics, type NamedStatus } from "./listener-metrics.ts";
import { logMetrics } from "./log-metrics.ts";
import { counter, gauge, histogram, type Metric, register } from "./metric.ts";

/** The sources of the metrics; each scrape reads them anew. */
export interface MetricsOptions
  extends EventMetricsOptions,
    IdentityMetricsOptions,
    BudgetMetricsOptions {
  readonly state: State;
  readonly room: Pick<RoomWatch, "displacedTotal">;
  readonly briefGrants: Pick<BriefGrants, "total">;
  readonly timekeeper: Timekeeper;
  readonly disk: Pick<WatchedDisk, "stalledMs">;
  readonly snapshotter: Snapshotter | undefined;
  readonly tls: Pick<Tls, "certificateEndsAtMs">;
  log(): LogStatus;
  listeners(): readonly NamedStatus[];
  addProcessMetrics(registry: Registry): void;
}

export interface Metrics {
  /** The Prometheus text format. */
  text(): Promise<string>;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  options.addProcessMetrics(registry);
  for (const metric of metricsOf(options)) register(registry, metric);
  return { text: () => registry.metrics() };
}

function* metricsOf(options: MetricsOptions): Iterable<Metric> {
  const { state, room, meters, timekeeper, disk, snapshotter, tls } = options;
  yield* stateMetrics(state);
  yield counter(
    "holdfast_sessions_displaced_total",
    "Sessions without locks that were ended to make room for new ones.",
    () => room.displacedTotal,
  );
  yield* operationMetrics(meters);
  yield counter(
    "holdfast_brief_grants_total",
    "Locks of gRPC connections that ended within a second after the grant, together with it.",
    () => options.briefGrants.total,
  );
  yield* eventMetrics(options);
  yield* identityMetrics(options);
  yield* budgetMetrics(options);
  yield counter(
    "holdfast_time_given_back_seconds_total",
    "Time that does not count for leases, since the server was stalled.",
    () => timekeeper.givenBackMs / 1000,
  );
  yield gauge(
    "holdfast_clock_ahead_seconds",
    "By how much the time of the log is ahead of the wall clock, apart from what was given back.",
    () => timekeeper.aheadMs() / 1000,
  );
  yield gauge(
    "holdfast_disk_stalled_seconds",
    "For how long a sync of the disk has been under way; 0 while that is not over a second.",
    () => disk.stalledMs() / 1000,
  );
  yield* logMetrics(options.log);
  yield counter(
    "holdfast_snapshot_failures_total",
    "Snapshots that could not be written.",
    () => snapshotter?.failuresTotal ?? 0,
  );
  yield {
    name: "holdfast_tls_certificate_expires_seconds",
    help: "When the certificate in use ends, in Unix time; not there without TLS.",
    type: "gauge",
    *values() {
      const endsAtMs = tls.certificateEndsAtMs();
      if (endsAtMs !== undefined) yield { value: endsAtMs / 1000, labels: {} };
    },
  };
  yield* listenerMetrics(options.listeners);
}

function* stateMetrics(state: State): Iterable<Metric> {
  const { locks, sessions, tasks, users } = state;
  yield gauge("holdfast_locks_held", "Lock requests that are granted.", () => locks.grantedCount);
  yield gauge("holdfast_waiters", "Lock requests that wait in line.", () => locks.waitingCount);
  yield gauge("holdfast_sessions", "Open sessions.", () => sessions.open.size);
  yield gauge("holdfast_users", "Users.", () => users.byName.size);
  yield gauge("holdfast_tasks", "Tasks that wait or are worked at.", () => tasks.root.taskCount);
  yield gauge("holdfast_task_pulls", "Pulls that wait for a task.", () => tasks.root.pullCount);
  yield gauge("holdfast_state_bytes", "Bytes of all that, as the budget counts them.", () => {
    return state.holdings.bytes;
  });
  yield gauge("holdfast_state_bytes_max", "The budget of the state.", () => {
    return state.limits.stateBytesMax;
  });
  yield gauge("holdfast_namespaces", "Known namespaces.", () => locks.spaces.size);
  yield gauge("holdfast_last_token", "The last fencing token given.", () => state.lastToken);
}

function* operationMetrics(meters: readonly OperationMeter[]): Iterable<Metric> {
  yield {
    name: "holdfast_operations_total",
    help: "Outcomes sent to clients, by API.",
    type: "counter",
    *values() {
      for (const { api, outcomes } of meters) {
        for (const [outcome, value] of outcomes) yield { value, labels: { api, outcome } };
      }
    },
  };
  yield {
    name: "holdfast_rubbish_closed_total",
    help: "Connections that the server closed because they sent only rubbish, by API.",
    type: "counter",
    *values() {
      for (const { api, turnedAwayTotal: value } of meters) yield { value, labels: { api } };
    },
  };
  const name = "holdfast_operation_seconds";
  const bounds = latencyBoundsMs.map((ms) => ms / 1000);
  yield {
    name,
    help: "From the arrival of a command to its answer, by API.",
    type: "histogram",
    *values() {
      for (const { api, latencies, latencySumMs } of meters) {
        yield* histogram(name, { api }, bounds, latencies, latencySumMs / 1000);
      }
    },
  };
}
