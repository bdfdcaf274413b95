import { type Budget, waitingCount } from "../budget/budget.ts";
import { counter, gauge, type Metric } from "./metric.ts";

export interface BudgetMetricsOptions {
  readonly budget: Budget;
}

export function* budgetMetrics({
  budget: { memory, turns },
}: BudgetMetricsOptions): Iterable<Metric> {
  yield gauge(
    "holdfast_peer_bytes",
    "Bytes kept for clients beside the state.",
    () => memory.bytes,
  );
  yield gauge(
    "holdfast_peer_bytes_max",
    "limits.peerBytesMax: beyond, the connections with the most are closed.",
    () => memory.limits.bytesMax,
  );
  yield counter(
    "holdfast_peers_cut_total",
    "Connections closed because the server kept too much for them.",
    () => memory.cutTotal,
  );
  yield gauge(
    "holdfast_peers_in_line",
    "Connections whose work waits for a later turn of the event loop.",
    () => waitingCount(turns),
  );
}
