import type { Log } from "../log/log.ts";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import type { Replica } from "./replica.ts";
import type { OperatingPages } from "./routes.ts";
import { statusPage } from "./status-page.ts";
import { packageVersion } from "./version.ts";

export interface PageSources {
  readonly replica: Replica;
  readonly log: Log;
  readonly node: string;
  readonly metrics: { text(): Promise<string> };
  isStopping(): boolean;
}

/** What operators and their machines ask, on the main port. */
export function operatingPages(sources: PageSources): OperatingPages {
  const { replica, log, node, metrics } = sources;
  const { state } = replica;
  const version = packageVersion();

  /** The process lives and answers; nothing more. */
  function health(): HttpResponse {
    const { durability } = log.status();
    return json(200, { status: "alive", version, node, durability });
  }

  /** Whether clients should be sent here. */
  function readiness(): HttpResponse {
    const { durability, isFull, lastIndex } = log.status();
    const status = sources.isStopping() ? "stopping" : isFull ? "disk full" : "ready";
    return json(status === "ready" ? 200 : 503, { status, durability, lastIndex });
  }

  async function scrape(): Promise<HttpResponse> {
    const headers = { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" };
    return { status: 200, headers, body: await metrics.text() };
  }

  function page(request: HttpRequest): HttpResponse {
    return statusPage(request, {
      version,
      node,
      durability: log.status().durability,
      locksHeld: state.grantedCount,
      waiters: state.waitingCount,
      sessions: state.sessions.size,
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
