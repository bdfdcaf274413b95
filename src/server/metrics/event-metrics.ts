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
