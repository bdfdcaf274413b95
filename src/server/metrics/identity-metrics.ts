import type { Gatekeeper } from "../identity/identity.ts";
import type { Metric } from "./metric.ts";

export interface IdentityMetricsOptions {
  readonly gatekeeper: Pick<Gatekeeper, "refusals">;
}

export function* identityMetrics({ gatekeeper }: IdentityMetricsOptions): Iterable<Metric> {
  yield {
    name: "holdfast_credentials_refused_total",
    help: "Clients and calls refused because of their credentials, by API and reason.",
    type: "counter",
    *values() {
      for (const { api, reason, count } of gatekeeper.refusals()) {
        yield { value: count, labels: { api, reason } };
      }
    },
  };
}
