import { type MetricValue, Registry } from "prom-client";
import type { Bus } from "../bus/bus.ts";
import type { State } from "../core/apply.ts";
import type { Outcome } from "../core/effect.ts";
import { batchBounds, type FileStatus, type LogStatus } from "../log/log.ts";
import type { Listener, ListenerStatus } from "./listen/listener.ts";
import type { Snapshotter } from "./snapshotter.ts";
import type { Timekeeper } from "./timekeeper.ts";
import type { Tls } from "./tls/tls.ts";
import type { WatchedDisk } from "./watched-disk.ts";

/** Counts what one API does. It is on every message's way, so it only adds to numbers. */
export interface OperationMeter {
  readonly api: string;
  /** Something was told to a client. */
  count(outcome: Outcome): void;
  /** From the arrival of a command to its answer. */
  took(ms: number): void;
  /** An event was not told, since its hearer is too slow or on its way out. */
  drop(): void;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly droppedTotal: number;
  /** Answers by `latencyBoundsMs`, the last one open. */
  readonly latencies: readonly number[];
  readonly latencySumMs: number;
}

/** Upper bounds of the latency histogram. */
const latencyBoundsMs = [0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500] as const;

export function createOperationMeter(api: string): OperationMeter {
  const outcomes = new Map<string, number>();
  const latencies: number[] = new Array(latencyBoundsMs.length + 1).fill(0);
  let latencySumMs = 0;
  let droppedTotal = 0;
  return {
    api,
    outcomes,
    latencies,
    count(outcome) {
      const name = outcome.type === "rejected" ? outcome.code : outcome.type;
      outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    },
    took(ms) {
      let place = 0;
      while (place < latencyBoundsMs.length && ms > (latencyBoundsMs[place] as number)) place += 1;
      latencies[place] = (latencies[place] as number) + 1;
      latencySumMs += ms;
    },
    drop() {
      droppedTotal += 1;
    },
    get latencySumMs() {
      return latencySumMs;
    },
    get droppedTotal() {
      return droppedTotal;
    },
  };
}

/** What the metrics are read from, at each scrape. */
export interface MetricSources {
  readonly state: State;
  readonly meters: readonly OperationMeter[];
  readonly timekeeper: Timekeeper;
  readonly disk: Pick<WatchedDisk, "stalledMs">;
  readonly snapshotter: Snapshotter | undefined;
  readonly tls: Pick<Tls, "certificateEndsAtMs">;
  readonly bus: Pick<Bus, "counts">;
  log(): LogStatus;
  listeners(): readonly (Pick<Listener, "status"> & { readonly name: string })[];
  addProcessMetrics(registry: Registry): void;
}

/** In the Prometheus text format. */
export function createMetrics(sources: MetricSources): { text(): Promise<string> } {
  const registry = new Registry();
  sources.addProcessMetrics(registry);
  for (const metric of metricsOf(sources)) register(registry, metric);
  return { text: () => registry.metrics() };
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  values(): Iterable<MetricValue<string>>;
}

function* metricsOf(sources: MetricSources): Iterable<Metric> {
  const { state, meters, timekeeper } = sources;
  const { locks, sessions } = state;
  yield gauge("holdfast_locks_held", "Lock requests that are granted.", () => locks.grantedCount);
  yield gauge("holdfast_waiters", "Lock requests that wait in line.", () => locks.waitingCount);
  yield gauge("holdfast_sessions", "Open sessions.", () => sessions.open.size);
  yield gauge("holdfast_namespaces", "Known namespaces.", () => locks.spaces.size);
  yield gauge("holdfast_last_token", "The last fencing token given.", () => state.lastToken);
  yield {
    name: "holdfast_operations_total",
    help: "Outcomes told to clients, by API.",
    type: "counter",
    *values() {
      for (const { api, outcomes } of meters) {
        for (const [outcome, value] of outcomes) yield { value, labels: { api, outcome } };
      }
    },
  };
  yield {
    name: "holdfast_operation_seconds",
    help: "From the arrival of a command to its answer, by API.",
    type: "histogram",
    *values() {
      for (const { api, latencies, latencySumMs } of meters) {
        const bounds = latencyBoundsMs.map((ms) => ms / 1000);
        yield* histogram(
          "holdfast_operation_seconds",
          { api },
          bounds,
          latencies,
          latencySumMs / 1000,
        );
      }
    },
  };
  yield* eventMetrics(sources);
  yield counter(
    "holdfast_time_given_back_seconds_total",
    "Time that does not count for leases, since the server was stalled.",
    () => timekeeper.givenBackMs / 1000,
  );
  yield gauge(
    "holdfast_disk_stalled_seconds",
    "For how long a sync of the disk has been under way; 0 while that is not over a second.",
    () => sources.disk.stalledMs() / 1000,
  );
  yield* logMetrics(sources.log);
  yield counter(
    "holdfast_snapshot_failures_total",
    "Snapshots that could not be written.",
    () => sources.snapshotter?.failuresTotal ?? 0,
  );
  yield {
    name: "holdfast_tls_certificate_expires_seconds",
    help: "When the certificate in use ends, in Unix time; not there without TLS.",
    type: "gauge",
    *values() {
      const endsAtMs = sources.tls.certificateEndsAtMs();
      if (endsAtMs !== undefined) yield { value: endsAtMs / 1000, labels: {} };
    },
  };
  yield* listenerMetrics(sources.listeners);
}

function* eventMetrics({ bus, meters }: MetricSources): Iterable<Metric> {
  yield gauge(
    "holdfast_subscriptions",
    "Topics that sessions are subscribed to.",
    () => bus.counts().subscriptions,
  );
  yield counter(
    "holdfast_events_published_total",
    "Events published.",
    () => bus.counts().publishedTotal,
  );
  yield counter(
    "holdfast_events_heard_total",
    "Events told, counted for each session that heard them.",
    () => bus.counts().heardTotal,
  );
  yield {
    name: "holdfast_events_dropped_total",
    help: "Of those heard, the ones that were not sent, since the peer is too slow or leaving; by API.",
    type: "counter",
    *values() {
      for (const { api, droppedTotal } of meters) yield { value: droppedTotal, labels: { api } };
    },
  };
}

function* logMetrics(log: () => LogStatus): Iterable<Metric> {
  const ofFiles = (figure: keyof FileStatus) => log().files?.[figure] ?? 0;
  yield gauge("holdfast_log_last_index", "Entries ever written.", () => log().lastIndex);
  yield gauge("holdfast_log_bytes", "Size of the log.", () => ofFiles("logBytes"));
  yield gauge("holdfast_log_full", "1 while the disk is full.", () => Number(log().isFull));
  yield gauge("holdfast_log_torn_bytes", "Cut off at the start.", () => ofFiles("tornBytes"));
  yield gauge("holdfast_snapshot_bytes", "Size of the snapshots.", () => ofFiles("snapshotBytes"));
  yield gauge("holdfast_snapshot_index", "The newest snapshot.", () => log().snapshotIndex);
  yield counter(
    "holdfast_log_appends_total",
    "Appends, each of all commands of a turn.",
    () => log().appendsTotal,
  );
  yield counter("holdfast_log_fsyncs_total", "Syncs of the log.", () => ofFiles("fsyncsTotal"));
  yield counter("holdfast_log_fsync_seconds_total", "Time spent in syncs.", () =>
    ofFiles("fsyncSecondsTotal"),
  );
  yield {
    name: "holdfast_log_durability",
    help: "1 for the durability in force.",
    type: "gauge",
    *values() {
      yield { value: 1, labels: { durability: log().durability } };
    },
  };
  const name = "holdfast_log_batch_commands";
  const openedAt = log().lastIndex;
  yield {
    name,
    help: "Commands per committed batch.",
    type: "histogram",
    *values() {
      const { batches, lastIndex } = log();
      yield* histogram(name, {}, batchBounds, batches, lastIndex - openedAt);
    },
  };
}

function* listenerMetrics(listeners: MetricSources["listeners"]): Iterable<Metric> {
  function ofEach(
    type: Metric["type"],
    name: string,
    help: string,
    read: (status: ListenerStatus) => number,
  ): Metric {
    const values = () =>
      listeners().map(({ name: listener, status }) => {
        return { value: read(status()), labels: { listener } };
      });
    return { name, help, type, values };
  }
  yield ofEach(
    "gauge",
    "holdfast_connections",
    "Open connections.",
    ({ connectionsOpen }) => connectionsOpen,
  );
  yield ofEach(
    "gauge",
    "holdfast_websockets",
    "Open WebSocket connections.",
    ({ webSocketsOpen }) => webSocketsOpen,
  );
  yield ofEach(
    "counter",
    "holdfast_connections_accepted_total",
    "Connections accepted.",
    ({ acceptedTotal }) => acceptedTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_http_requests_total",
    "HTTP requests.",
    ({ requestsTotal }) => requestsTotal,
  );
  yield ofEach(
    "gauge",
    "holdfast_calls",
    "gRPC calls that are not answered yet.",
    ({ callsOpen }) => callsOpen,
  );
  yield ofEach("counter", "holdfast_calls_total", "gRPC calls.", ({ callsTotal }) => callsTotal);
  yield ofEach(
    "counter",
    "holdfast_messages_received_total",
    "WebSocket messages received.",
    ({ messagesReceivedTotal }) => messagesReceivedTotal,
  );
  yield ofEach(
    "counter",
    "holdfast_messages_sent_total",
    "WebSocket messages sent.",
    ({ messagesSentTotal }) => messagesSentTotal,
  );
  yield {
    name: "holdfast_refused_total",
    help: "Connections and requests turned away or cut, by reason.",
    type: "counter",
    *values() {
      for (const { name, status } of listeners()) {
        for (const [reason, value] of Object.entries(status().refusedTotal)) {
          yield { value, labels: { listener: name, reason } };
        }
      }
    },
  };
}

function gauge(name: string, help: string, read: () => number): Metric {
  return { name, help, type: "gauge", values: () => [{ value: read(), labels: {} }] };
}

function counter(name: string, help: string, read: () => number): Metric {
  return { name, help, type: "counter", values: () => [{ value: read(), labels: {} }] };
}

/** The cumulative series that Prometheus wants, from plain counts per bound. */
function* histogram(
  name: string,
  labels: Readonly<Record<string, string>>,
  bounds: readonly number[],
  counts: readonly number[],
  sum: number,
): Iterable<MetricValue<string> & { readonly metricName: string }> {
  let total = 0;
  for (const [place, count] of counts.entries()) {
    total += count;
    const le = bounds[place] ?? "+Inf";
    yield { metricName: `${name}_bucket`, value: total, labels: { ...labels, le } };
  }
  yield { metricName: `${name}_sum`, value: sum, labels };
  yield { metricName: `${name}_count`, value: total, labels };
}

/** prom-client formats whatever can give its values. */
function register(registry: Registry, { name, help, type, values }: Metric): void {
  const metric = {
    name,
    get: async () => ({ name, help, type, aggregator: "sum", values: [...values()] }),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry["registerMetric"]>[0]);
}
