import type { Log } from "../log/log.ts";
import { createKeptAnswers } from "../protocols/kept-answers.ts";
import type { HttpRequest, HttpResponse } from "../protocols/protocol.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Replica } from "./replica.ts";
import type { OperatingPages } from "./routes.ts";
import { type PageForm, pageForm, statusPage } from "./status-page.ts";
import type { Trouble, TroubleWatch } from "./trouble.ts";
import { packageVersion } from "./version.ts";

export interface OperatingPagesOptions {
  readonly replica: Replica;
  readonly log: Log;
  readonly node: string;
  readonly metrics: Metrics;
  readonly trouble: TroubleWatch;
  /** Monotonic. */
  nowMs(): number;
  /** How long a page is kept for all who ask. */
  readonly pageIntervalMs: number;
  isStopping(): boolean;
}

type Answer = HttpResponse | Promise<HttpResponse>;

/**
 * The pages for operators and their tools, on the main port and on one of their own. Each is kept for a while, except
 * that a new status shows at once.
 */
export function operatingPages(options: OperatingPagesOptions): OperatingPages {
  const { replica, log, node, metrics, trouble } = options;
  const { state } = replica;
  const version = packageVersion();
  const { nowMs, pageIntervalMs: keptMs } = options;
  const kept = createKeptAnswers<Answer>({ nowMs, keptMs, keysMax: keptMax });

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

  function page(form: PageForm): HttpResponse {
    return statusPage(form, {
      version,
      node,
      status: currentStatus(),
      durability: log.status().durability,
      locksHeld: state.locks.grantedCount,
      waiters: state.locks.waitingCount,
      sessions: state.sessions.open.size,
    });
  }

  function keptAnswer(name: string, make: () => Answer): Answer {
    return kept.answerTo(`${currentStatus()} ${name}`, make);
  }

  return new Map<string, (request: HttpRequest) => Answer>([
    [
      "/",
      (request) => {
        const form = pageForm(request);
        return keptAnswer(form, () => page(form));
      },
    ],
    ["/healthz", () => keptAnswer("/healthz", health)],
    ["/readyz", () => keptAnswer("/readyz", readiness)],
    ["/metrics", () => kept.answerTo("/metrics", scrape)],
  ]);
}

/** Five pages in each status. */
const keptMax = 20;

function json(status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: { "Content-Type": "application/json", "Cache-Control": "no-store" },
    body: `${JSON.stringify(value)}\n`,
  };
}
