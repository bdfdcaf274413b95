import type { Bus } from "../bus/bus.ts";
import type { Effect } from "../core/effect.ts";
import type { RequestId, SessionId } from "../core/ids.ts";
import type { TopicCommand } from "../fleeting/topics.ts";
import type { HttpResponse, HttpStep } from "../protocols/protocol.ts";
import type { Clock } from "./clock.ts";
import type { FanOut } from "./fan-out.ts";
import type { HttpClient } from "./listen/listener.ts";
import type { OperationMeter } from "./operation-meter.ts";
import type { Replica } from "./replica.ts";

/** Performs the steps of HTTP protocols: answers at once, or with the outcome of a command. */
export interface HttpGateway {
  perform(step: HttpStep, client: HttpClient): HttpResponse | Promise<HttpResponse>;
  /** Withdraws and answers every request that waits in line, because the server is stopping. */
  stop(): void;
}

export interface HttpGatewayOptions {
  readonly replica: Replica;
  readonly bus: Bus;
  readonly meter: OperationMeter;
  readonly clock: Clock;
  readonly fanOut: FanOut;
}

interface PendingRequest {
  readonly step: Extract<HttpStep, { type: "ask" }>;
  readonly askedAt: number;
  answer(response: HttpResponse): void;
  /** The request waits in line. */
  isWaiting: boolean;
  /** The client has ended its side of the connection and may be gone. */
  isSilent: boolean;
}

export function createHttpGateway(options: HttpGatewayOptions): HttpGateway {
  const { replica, bus, meter, clock, fanOut } = options;
  const pending = new Map<RequestId, PendingRequest>();
  /** Pending requests per session; while there are any, the session's effects come here. */
  const pendingCounts = new Map<SessionId, number>();

  function perform(step: HttpStep, client: HttpClient): HttpResponse | Promise<HttpResponse> {
    if (step.type === "answer") return publish(step);
    return new Promise((answer) => {
      const { command } = step;
      const askedAt = clock.nowMs();
      pending.set(command.request, { step, askedAt, answer, isWaiting: false, isSilent: false });
      expect(command.session, 1);
      replica.propose([command], (_, reason) => settle(command.request, step.refuse(reason)));
      if (step.withdraw !== undefined) {
        client.whenGone(() => withdraw(command.request, "the client is gone"));
        client.whenSilent(() => note(command.request, { isSilent: true }));
      }
    });
  }

  /** Publishes in this turn and, beyond its budget, in later ones; answers when all is published. */
  function publish({
    topics = [],
    response,
  }: Extract<HttpStep, { type: "answer" }>): HttpResponse | Promise<HttpResponse> {
    let done = 0;
    function isDone(): boolean {
      while (done < topics.length && !fanOut.isSpent) {
        fanOut.perform(bus, topics[done] as TopicCommand);
        done += 1;
      }
      return done === topics.length;
    }
    if (isDone()) return response;
    return new Promise((resolve) => {
      const goOn = () => (isDone() ? resolve(response) : fanOut.later(goOn));
      fanOut.later(goOn);
    });
  }

  /** A client that may be gone still gets an answer that is due, but must not keep a place in line. */
  function note(
    request: RequestId,
    news: { readonly isSilent: true } | { readonly isWaiting: true },
  ): void {
    const asked = pending.get(request);
    if (asked === undefined) return;
    Object.assign(asked, news);
    if (asked.isSilent && asked.isWaiting) withdraw(request, "the client is gone");
  }

  /** No client would learn of the grant, so no client could release it. */
  function withdraw(request: RequestId, reason: string): void {
    const step = pending.get(request)?.step;
    if (step?.withdraw === undefined) return;
    replica.propose([step.withdraw()]);
    settle(request, step.refuse(reason));
  }

  function deliver({ request, outcome }: Effect): void {
    meter.count(outcome);
    const asked = pending.get(request);
    if (asked === undefined) return;
    if (outcome.type === "waiting") note(request, { isWaiting: true });
    else settle(request, asked.step.respond(outcome));
  }

  function settle(request: RequestId, response: HttpResponse): void {
    const asked = pending.get(request);
    if (asked === undefined) return;
    pending.delete(request);
    expect(asked.step.command.session, -1);
    meter.took(clock.nowMs() - asked.askedAt);
    asked.answer(response);
  }

  function expect(session: SessionId, change: 1 | -1): void {
    const count = (pendingCounts.get(session) ?? 0) + change;
    if (count === 0) {
      pendingCounts.delete(session);
      bus.detach(session);
      return;
    }
    pendingCounts.set(session, count);
    bus.attach(session, { deliver });
  }

  return {
    perform,
    stop() {
      for (const [request, { isWaiting }] of pending) {
        if (isWaiting) withdraw(request, "the server is stopping");
      }
    },
  };
}
