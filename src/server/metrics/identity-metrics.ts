import type { CredentialRefusals } from "../identity/credential-refusals.ts";
import type { Metric } from "./metric.ts";

export interface IdentityMetricsOptions {
  readonly refusals: Pick<CredentialRefusals, "counts">;
}

export function* identityMetrics({ refusals }: IdentityMetricsOptions): Iterable<Metric> {
  yield {
    name: "holdfast_credentials_refused_total",
    help: "Clients and calls refused because of their credentials, by API and reason.",
    type: "counter",
    *values() {
      for (const { api, reason, count } of refusals.counts()) {
        yield { value: count, labels: { api, reason } };
      }
    },
  };
}
