import type { Log } from "../log/log.ts";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Replica } from "./replica.ts";
import type { OperatingPages } from "./routes.ts";
import { statusPage } from "./status-page.ts";
import type { Trouble, TroubleWatch } from "./trouble.ts";
import { packageVersion } from "./version.ts";

export interface OperatingPagesOptions {
  readonly replica: Replica;
  readonly log: Log;
  readonly node: string;
  readonly metrics: Metrics;
  readonly trouble: TroubleWatch;
  isStopping(): boolean;
}

/** The pages for operators and their tools, on the main port. */
export function operatingPages(options: OperatingPagesOptions): OperatingPages {
  const { replica, log, node, metrics, trouble } = options;
  const { state } = replica;
  const version = packageVersion();

  /** The process is alive. Names its trouble, if any, although a restart would not help. */
  function health(): HttpResponse {
    const about = { version, node, durability: log.status().durability };
    const current = trouble.current();
    if (current === undefined) return json(200, { status: "alive", ...about });
    const { type: reason, ...facts } = current;
    return json(200, { status: "degraded", reason, ...facts, ...about });
  }

  /** Whether a load balancer should send clients here. */
  function readiness(): HttpResponse {
    const { durability, lastIndex } = log.status();
    const status = currentStatus();
    return json(status === "ready" ? 200 : 503, { status, durability, lastIndex });
  }

  function currentStatus(): "ready" | "stopping" | Trouble["type"] {
    return options.isStopping() ? "stopping" : (trouble.current()?.type ?? "ready");
  }

  async function scrape(): Promise<HttpResponse> {
    const headers = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" };
    return { status: 200, headers, body: await metrics.text() };
  }

  function page(request: HttpRequest): HttpResponse {
    return statusPage(request, {
      version,
      node,
      status: currentStatus(),
      durability: log.status().durability,
      locksHeld: state.locks.grantedCount,
      waiters: state.locks.waitingCount,
      sessions: state.sessions.open.size,
    });
  }

  return new Map<string, (request: HttpRequest) => HttpResponse | Promise<HttpResponse>>([
    ["/", page],
    ["/healthz", health],
    ["/readyz", readiness],
    ["/metrics", scrape],
  ]);
}

function json(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    body: `${JSON.stringify(value)}\n`,
  };
}
