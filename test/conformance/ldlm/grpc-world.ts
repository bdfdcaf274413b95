/** All of LDLM as the server puts it together, over the core, with a clock that goes when told and no socket. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { pino } from "pino";
import { createLocalBus } from "../../../src/bus/local.ts";
import { apply, createState, nextDeadline } from "../../../src/core/apply.ts";
import type { Command } from "../../../src/core/command.ts";
import type { LogIndex, NodeId, RunId, TimeMs } from "../../../src/core/ids.ts";
import { fleetingLimitsDefault } from "../../../src/fleeting/apply.ts";
import {
  type CallEnd,
  type CallReceiver,
  callFailed,
  createHealth,
  ProtobufError,
} from "../../../src/protocols/grpc/mod.ts";
import type { HttpRequest, HttpResponse } from "../../../src/protocols/protocol.ts";
import { createIdentities } from "../../../src/server/identities.ts";
import { createApiTokens } from "../../../src/server/identity/api-tokens.ts";
import { createGatekeeper } from "../../../src/server/identity/identity.ts";
import { createLogins } from "../../../src/server/identity/logins.ts";
import { createPasswords } from "../../../src/server/identity/passwords.ts";
import type { CallHandler, HttpClient } from "../../../src/server/listen/listener.ts";
import { openApis } from "../../../src/server/open-apis.ts";
import type { Replica } from "../../../src/server/replica.ts";
import { load } from "../../../testing/load-config.ts";
import { createFakeClock } from "../../../testing/loopback.ts";

export interface GrpcWorld {
  connect(): GrpcConnection;
  http(request: HttpRequest, client?: HttpClient): HttpResponse | Promise<HttpResponse>;
  pass(durationMs: number): void;
  /** As the server's stop does it. */
  stop(): void;
  figures(): { readonly held: number; readonly waiters: number; readonly sessions: number };
}

export interface GrpcConnection {
  /** `messages`: of which an unary call should have one. */
  call(path: string, wishes: GrpcWishes): GrpcCall;
  /** The connection is gone. */
  end(): void;
}

export interface GrpcWishes {
  readonly messages: readonly Uint8Array[];
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface GrpcCall {
  /** How it ended; more than one is a fault. */
  readonly ends: readonly CallEnd[];
  readonly sent: readonly Uint8Array[];
  cancel(): void;
}

export function createGrpcWorld(flags: Readonly<Record<string, string>> = {}): GrpcWorld {
  const { config } = load({ flags: { "--data": "memory", ...flags } });
  const state = createState();
  const passwords = createPasswords();
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock: createFakeClock() });
  let now = Date.UTC(2026, 0, 2);

  function run(command: Command): void {
    const entry = { index: (state.index + 1) as LogIndex, at: now as TimeMs, command };
    for (const effect of apply(state, entry)) bus.send(effect);
  }

  function pass(durationMs: number): void {
    const untilMs = now + durationMs;
    let stops = 0;
    for (let due = nextStop(untilMs); due <= untilMs; due = nextStop(untilMs)) {
      now = due;
      run({ type: "tick" });
      if (++stops > 1_000) throw new Error("a deadline is not over when its time has come");
    }
    now = untilMs;
    run({ type: "collect", idleMs: config.ldlm.lockGcMinIdle });
  }

  function nextStop(untilMs: number): number {
    return nextDeadline(state) ?? untilMs + 1;
  }

  run({
    type: "start",
    node: config.node as NodeId,
    run: "run-1" as RunId,
    restartGraceMs: config.restartGrace,
  });
  const replica = { state, propose: (commands: readonly Command[]) => commands.forEach(run) };
  const clock = createFakeClock();
  const logger = pino({ level: "silent" });
  const newSecret = () => randomBytes(16).toString("hex");
  const refusals = { note() {} };
  const apis = openApis({
    config,
    replica: replica as unknown as Replica,
    bus,
    identities: createIdentities({
      node: config.node as NodeId,
      begunAt: state.index,
      advancedBy: 0,
    }),
    durability: "none",
    passwords,
    logins: createLogins({ passwords, clock, refusals }),
    world: {
      clock,
      wallNowMs: () => now,
      loads: () => [0, 0, 0],
      newSecret,
      newUuid: randomUUID,
    },
    wallMsOf: (at) => at,
    health: createHealth(["ldlm.LDLM"]),
    logger,
    gatekeeper: createGatekeeper({
      clock,
      apiTokens: createApiTokens({ state, newSecret }),
      refusals,
    }),
  });
  const routes = apis.served.find(({ name }) => name === "ldlm")?.routes("ldlm");
  assert(routes !== undefined);

  return {
    connect() {
      const handler = routes.calls?.({
        remoteAddress: undefined,
        close() {},
        keep() {},
        charge() {},
        expect() {},
      }) as CallHandler;
      return { call: (path, wishes) => begin(handler, path, wishes), end: () => handler.closed() };
    },
    http: (request, client = { whenGone() {}, whenSilent() {}, charge() {}, expect() {} }) =>
      routes.http(request, client),
    pass,
    stop: apis.stop,
    figures: () => ({
      held: state.locks.grantedCount,
      waiters: state.locks.waitingCount,
      sessions: state.sessions.open.size,
    }),
  };
}

/** What a connection makes of a call; `http2-call.ts` does it with streams. */
function begin(
  handler: CallHandler,
  path: string,
  { messages, metadata = {} }: GrpcWishes,
): GrpcCall {
  const ends: CallEnd[] = [];
  const sent: Uint8Array[] = [];
  const peer = {
    send: (message: Uint8Array) => void sent.push(message),
    end: (how: CallEnd) => void ends.push(how),
  };
  const receiver = handler.begin({ path, metadata }, peer);
  if ("code" in receiver) {
    ends.push({ status: receiver });
    return { ends, sent, cancel() {} };
  }
  feed(receiver, messages, ends);
  return { ends, sent, cancel: () => receiver.cancelled() };
}

/** Throws what is no fault of the message. */
function feed(receiver: CallReceiver, messages: readonly Uint8Array[], ends: CallEnd[]): void {
  try {
    for (const message of messages) receiver.message(message);
    if (ends.length === 0) receiver.finished();
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    ends.push({ status: callFailed("internal", error.message) });
    receiver.cancelled();
  }
}
