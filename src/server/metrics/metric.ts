import type { MetricValue, Registry } from "prom-client";

/** One metric, whose values are read at each scrape. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  values(): Iterable<MetricValue<string>>;
}

export function gauge(name: string, help: string, read: () => number): Metric {
  return { name, help, type: "gauge", values: () => [{ value: read(), labels: {} }] };
}

export function counter(name: string, help: string, read: () => number): Metric {
  return { name, help, type: "counter", values: () => [{ value: read(), labels: {} }] };
}

/** Turns plain counts per bucket into the cumulative series of Prometheus. */
export function* histogram(
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

/** prom-client formats any object that returns its values. */
export function register(registry: Registry, { name, help, type, values }: Metric): void {
  const metric = {
    name,
    get: async () => ({ name, help, type, aggregator: "sum", values: [...values()] }),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry["registerMetric"]>[0]);
}
