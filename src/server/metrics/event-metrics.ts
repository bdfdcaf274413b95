import type { Bus } from "../../bus/bus.ts";
import type { OperationMeter } from "../operation-meter.ts";
import { counter, gauge, type Metric } from "./metric.ts";

export interface EventMetricsOptions {
  readonly bus: Pick<Bus, "counts">;
  readonly meters: readonly OperationMeter[];
}

export function* eventMetrics({ bus, meters }: EventMetricsOptions): Iterable<Metric> {
  yield gauge(
    "holdfast_subscriptions",
    "Topics that sessions are subscribed to.",
    () => bus.counts().subscriptions,
  );
  yield counter(
    "holdfast_subscriptions_refused_total",
    "Subscriptions refused because a session or its address has too many, or too long ones.",
    () => bus.counts().subscriptionsRefusedTotal,
  );
  yield counter(
    "holdfast_events_published_total",
    "Events published.",
    () => bus.counts().publishedTotal,
  );
  yield counter(
    "holdfast_events_heard_total",
    "Events for sessions, counted once per session.",
    () => bus.counts().heardTotal,
  );
  yield gauge("holdfast_pipes", "Pipes of open connections.", () => bus.counts().pipes);
  yield gauge(
    "holdfast_pipe_bytes",
    "Bytes of the messages that wait in pipes, with their overhead.",
    () => bus.counts().pipeBytes,
  );
  yield counter(
    "holdfast_pipe_drops_total",
    "Messages dropped because a pipe, its connection, or all pipes together were full.",
    () => bus.counts().pipeDropsTotal,
  );
  yield {
    name: "holdfast_events_dropped_total",
    help: "Events that were not sent because the client is too slow or disconnecting, by API.",
    type: "counter",
    *values() {
      for (const { api, droppedTotal } of meters) yield { value: droppedTotal, labels: { api } };
    },
  };
}
