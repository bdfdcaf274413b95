import assert from "node:assert/strict";
import { pino } from "pino";
import { createLocalBus } from "../../../src/bus/local.ts";
import { apply, createState, type State } from "../../../src/core/apply.ts";
import { type Command, givesBack, type Operation } from "../../../src/core/command.ts";
import type {
  LockKey,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../../../src/core/ids.ts";
import { isTaken } from "../../../src/core/locks/taken.ts";
import { type FleetingLimits, fleetingLimitsDefault } from "../../../src/fleeting/apply.ts";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import { createSoftvisio } from "../../../src/protocols/softvisio/softvisio.ts";
import { exchange } from "../../../src/server/conversation/exchange.ts";
import { createHost } from "../../../src/server/conversation/host.ts";
import { serveMessages } from "../../../src/server/conversation/messages.ts";
import { createFanOut } from "../../../src/server/fan-out.ts";
import { createApiTokens } from "../../../src/server/identity/api-tokens.ts";
import { createCredentialRefusals } from "../../../src/server/identity/credential-refusals.ts";
import { createGatekeeper } from "../../../src/server/identity/identity.ts";
import type { MessageHandler } from "../../../src/server/listen/listener.ts";
import { createOperationMeter } from "../../../src/server/operation-meter.ts";
import type { Refuse, Replica } from "../../../src/server/replica.ts";
import type { Sent } from "../../../testing/conversing.ts";
import { createFakeClock } from "../../../testing/loopback.ts";
import type { HttpAsk } from "./case.ts";

/** Protocol, host, bus and core as they are, with a log that commits when the test says so. */
export interface World {
  readonly state: State;
  /** Throws when the upgrade is refused. */
  connect(token?: string): Peer;
  upgrade(request: HttpRequest): ReturnType<ReturnType<typeof createSoftvisio>["upgrade"]>;
  http(request: HttpRequest): HttpResponse;
  /** What was asked of the log and is not committed yet. */
  readonly asked: readonly Command[];
  /** Applies what was asked, in order, and delivers the effects. */
  commit(): void;
  /** The log takes nothing of what was asked but what gives back, as on a full disk. */
  refuse(reason: string): void;
  /** Applies a command of somebody else. */
  run(command: Command): void;
  /** A token that opens, as an operator makes it. */
  createToken(): { readonly text: string; revoke(): void };
  stop(): void;
  /** Events that were not told. */
  droppedTotal(): number;
  subscriptions(): number;
  /** What every command of an operator has. */
  asOperator(): Operation;
}

export interface Peer {
  send(frame: string | Uint8Array): void;
  /** Its connection is gone. */
  leave(): void;
  /** What was said to it since this was last asked. */
  heard(): readonly Sent[];
  /** Whether the server has stopped reading. */
  readonly isPaused: boolean;
  /** The listener has closed it, and nobody knows that yet. */
  choke(): void;
}

export interface WorldWishes {
  readonly isGuarded?: boolean;
  readonly allowedOrigins?: readonly string[];
  readonly waitersMax?: number;
  readonly pendingMax?: number;
  readonly topicLimits?: Partial<FleetingLimits>;
}

interface Asked {
  readonly command: Command;
  readonly refuse: Refuse | undefined;
}

export function createWorld(wishes: WorldWishes = {}): World {
  const state = createState();
  const clock = createFakeClock();
  const bus = createLocalBus({
    limits: { ...fleetingLimitsDefault, ...wishes.topicLimits },
    clock,
  });
  const meter = createOperationMeter("softvisio");
  const counts = { entries: 0, requests: 0, sessions: 0, keys: 0, secrets: 0 };
  let asked: Asked[] = [];
  const namespace = "default" as Namespace;
  const newSecret = () => (++counts.secrets).toString(16).padStart(12, "0").padEnd(32, "0");
  const tokens = createApiTokens({ state, newSecret });
  const nextRequest = () => String(++counts.requests) as RequestId;

  const replica: Replica = {
    state,
    propose: (commands, refuse) => {
      for (const command of commands) asked.push({ command, refuse });
    },
    applied: () => assert.fail("nobody waits for an entry"),
    begin: () => assert.fail("nobody starts a run"),
    stop: () => assert.fail("the test stops"),
    failed: new Promise(() => {}),
  };
  const pendingMax = wishes.pendingMax ?? 1024;
  const fanOut = createFanOut(clock);
  const logger = pino({ level: "silent" });
  const host = createHost({ replica, bus, meter, clock, fanOut, logger, pendingMax });
  const gatekeeper = createGatekeeper({
    clock,
    apiTokens: tokens,
    refusals: createCredentialRefusals({ clock, logger }),
  });
  const proof = wishes.isGuarded ? ({ type: "api_token" } as const) : undefined;
  const softvisio = createSoftvisio({
    node: "node" as NodeId,
    namespace,
    restartGraceMs: 5_000,
    waitersMax: wishes.waitersMax ?? 10_000,
    nameBytesMax: 1024,
    jsonDepthMax: 64,
    allowedOrigins: wishes.allowedOrigins ?? [],
    identity: gatekeeper.identityFor("softvisio", proof),
    newKey: () => `0000beef-0000-4000-8000-${String(++counts.keys).padStart(12, "0")}` as LockKey,
    isTaken: (mutexId) => isTaken(state, namespace, [mutexId]),
    nextRequest,
    nextSession: () => `session ${++counts.sessions}` as SessionId,
  });

  function connect(token?: string): Peer {
    const open = softvisio.upgrade(requestOf({ method: "GET", target: "/api/" }, token));
    if (typeof open !== "function") throw new Error(open.body);
    let said: Sent[] = [];
    let isOpen = true;
    let isPaused = false;
    const socket = {
      send: (text: string | Uint8Array) => say({ type: "text", text: String(text) }),
      close(code: number, reason: string) {
        say({ type: "close", code, reason });
        isOpen = false;
      },
      pause() {
        isPaused = true;
      },
      resume() {
        isPaused = false;
      },
      keep() {},
      charge() {},
      expect() {},
    };
    function say(output: Sent): boolean {
      if (isOpen) said.push(output);
      return isOpen;
    }
    const handler: MessageHandler = serveMessages(host, open(), socket);
    return {
      send(frame) {
        if (isOpen) handler.message(Buffer.from(frame), kindOf(frame));
      },
      leave() {
        isOpen = false;
        handler.closed();
      },
      heard() {
        const heard = said;
        said = [];
        return heard;
      },
      get isPaused() {
        return isPaused;
      },
      choke() {
        isOpen = false;
      },
    };
  }

  function commit(): void {
    const committed = asked;
    asked = [];
    for (const { command } of committed) run(command);
  }

  function refuse(reason: string): void {
    const refused = asked;
    asked = refused.filter(({ command }) => givesBack(command));
    for (const { command, refuse: tell } of refused) {
      if (!givesBack(command) && "request" in command) tell?.(command, reason);
    }
  }

  function run(command: Command): void {
    const index = ++counts.entries as LogIndex;
    for (const effect of apply(state, { index, at: 0 as TimeMs, command })) bus.send(effect);
    if (command.type === "revoke_api_token") host.review();
  }

  function createToken() {
    const { id, text, digest } = tokens.issue();
    run({ type: "create_api_token", ...asOperator(), token: id, name: id, digest });
    return {
      text,
      revoke: () => run({ type: "revoke_api_token", ...asOperator(), token: id }),
    };
  }

  function asOperator(): Operation {
    return { session: "operator" as SessionId, request: nextRequest(), by: "root" };
  }

  return {
    state,
    connect,
    upgrade: softvisio.upgrade,
    http(request) {
      const client = { whenGone() {}, whenSilent() {}, charge() {}, expect() {} };
      const answer = exchange(host, softvisio.exchange(), { request, client });
      assert.ok(!(answer instanceof Promise), "no answer waits for the log");
      return answer;
    },
    get asked() {
      return asked.map(({ command }) => command);
    },
    commit,
    refuse,
    run,
    createToken,
    stop: host.stop,
    droppedTotal: () => meter.droppedTotal,
    subscriptions: () => bus.counts().subscriptions,
    asOperator,
  };
}

const encoder = new TextEncoder();

/** As the listener hands it over; a token as clients offer it in a handshake. */
export function requestOf(ask: HttpAsk, token?: string): HttpRequest {
  const { method = "POST", target, headers = {}, body = "" } = ask;
  const mark = target.indexOf("?");
  const end = mark === -1 ? target.length : mark;
  const offered = token === undefined ? "jsonrpc_2.0" : `jsonrpc_2.0, ${token}`;
  return {
    method,
    path: target.slice(0, end),
    query: target.slice(end + 1),
    headers: { host: "localhost", "sec-websocket-protocol": offered, ...headers },
    body: encoder.encode(body),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
}

export function kindOf(frame: string | Uint8Array): "text" | "binary" {
  return typeof frame === "string" ? "text" : "binary";
}
