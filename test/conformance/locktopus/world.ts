import { createLocalBus } from "../../../src/bus/local.ts";
import { apply, createState } from "../../../src/core/apply.ts";
import type { Command } from "../../../src/core/command.ts";
import type { Effect } from "../../../src/core/effect.ts";
import type { LogIndex, NodeId, RequestId, SessionId, TimeMs } from "../../../src/core/ids.ts";
import { limitsDefault } from "../../../src/core/limits.ts";
import { claimsFault } from "../../../src/core/locks/claims.ts";
import { statisticsOf } from "../../../src/core/locks/statistics.ts";
import { fleetingLimitsDefault } from "../../../src/fleeting/apply.ts";
import type { Message, MessageKind, Step } from "../../../src/protocols/conversation.ts";
import { createLocktopus, type Locktopus } from "../../../src/protocols/locktopus/locktopus.ts";
import type { HttpRequest } from "../../../src/protocols/protocol.ts";
import { type Conversing, converse, type Sent, sentBy } from "../../../testing/conversing.ts";
import { createFakeClock } from "../../../testing/loopback.ts";
import { handshakeHeaders } from "./http.cases.ts";

/** The protocol before the real core, with a log that commits when the test says so. */
export interface World {
  readonly locktopus: Locktopus;
  /** Throws when the upgrade is refused. */
  connect(query: string): Peer;
  /** What was asked of the log and is not committed yet. */
  readonly asked: readonly Command[];
  /** Applies what was asked, in order, and delivers the effects. */
  commit(): void;
  /** Lets time go by, and ends what is over by then. */
  pass(ms: number): void;
}

export interface Peer {
  readonly connection: Conversing<Message, string | Uint8Array>;
  send(frame: string | Uint8Array): void;
  /** Its connection is gone. */
  leave(): void;
  /** What was said to it since this was last asked. */
  heard(): readonly Sent[];
}

export function createWorld(): World {
  const state = createState();
  state.limits = limitsDefault;
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock: createFakeClock() });
  const asked: Command[] = [];
  const counts = { entries: 0, requests: 0, sessions: 0 };
  let at = 0;

  const locktopus = createLocktopus({
    node: "node" as NodeId,
    abandonTimeouts: { default: 60_000, max: 86_400_000 },
    jsonDepthMax: 64,
    title: "Holdfast",
    parameters: [{ name: "port", value: "9009" }],
    nextRequest: () => String(++counts.requests) as RequestId,
    nextSession: () => `session ${++counts.sessions}` as SessionId,
    namespaces: state.locks.spaces,
    claimsFault: (claims) => claimsFault(claims, state.limits),
    statistics: (namespace, nodesMax) => statisticsOf(state, namespace, nodesMax),
    nowMs: () => at,
    pageIntervalMs: 1000,
  });

  function connect(query: string): Peer {
    const open = locktopus.upgrade(request(`/v1?${query}`, handshakeHeaders));
    if (typeof open !== "function") throw new Error(open.body);
    const connection = converse(open());
    let said: Sent[] = [];
    const take = (step: Step<string | Uint8Array>) => {
      said.push(...sentBy(step));
      for (const command of step.commands)
        ask(command, (effect) => take(connection.deliver(effect)));
    };
    return {
      connection,
      send: (frame) => take(connection.receive({ data: bytesOf(frame), kind: kindOf(frame) })),
      leave: () => asked.push(...connection.end()),
      heard() {
        const heard = said;
        said = [];
        return heard;
      },
    };
  }

  function ask(command: Command, deliver: (effect: Effect) => void): void {
    if (command.type === "open_session") bus.attach(command.session, { deliver });
    asked.push(command);
  }

  function commit(): void {
    const effects = asked.splice(0).flatMap(applied);
    for (const effect of effects) bus.send(effect);
  }

  function pass(ms: number): void {
    at += ms;
    asked.push({ type: "tick" });
    commit();
  }

  function applied(command: Command): readonly Effect[] {
    const index = ++counts.entries as LogIndex;
    return apply(state, { index, at: at as TimeMs, command });
  }

  return { locktopus, connect, asked, commit, pass };
}

/** A request without a body; the target is path and query, as sent. */
export function request(
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = "GET",
): HttpRequest {
  const mark = target.indexOf("?");
  const end = mark === -1 ? target.length : mark;
  return {
    method,
    path: target.slice(0, end),
    query: target.slice(end + 1),
    headers,
    body: new Uint8Array(),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
}

const encoder = new TextEncoder();

export function kindOf(frame: string | Uint8Array): MessageKind {
  return typeof frame === "string" ? "text" : "binary";
}

export function bytesOf(frame: string | Uint8Array): Uint8Array {
  return typeof frame === "string" ? encoder.encode(frame) : frame;
}
