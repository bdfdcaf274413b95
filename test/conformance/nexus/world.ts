import assert from "node:assert/strict";
import { pino } from "pino";
import { createLocalBus } from "../../../src/bus/local.ts";
import { apply, createState, type State } from "../../../src/core/apply.ts";
import type { Command, UserChange } from "../../../src/core/command.ts";
import type {
  JsonText,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
  UserName,
} from "../../../src/core/ids.ts";
import type { Notice } from "../../../src/core/notice.ts";
import { fleetingLimitsDefault } from "../../../src/fleeting/apply.ts";
import {
  createNexus,
  hookOf,
  type NexusOptions,
  topicOf,
} from "../../../src/protocols/nexus/nexus.ts";
import { createHost } from "../../../src/server/conversation/host.ts";
import { serveMessages } from "../../../src/server/conversation/messages.ts";
import { createFanOut } from "../../../src/server/fan-out.ts";
import { inTurns } from "../../../src/server/in-turns.ts";
import type { MessageHandler } from "../../../src/server/listen/listener.ts";
import { createOperationMeter } from "../../../src/server/operation-meter.ts";
import { createFakeClock, type FakeClock } from "../../../testing/loopback.ts";
import { nextTurn } from "../../../testing/next-turn.ts";

/** Protocol, host, bus and core as they are, with a log that commits at once, and passwords that are their own records. */
export interface World {
  readonly state: State;
  readonly clock: FakeClock;
  pipeCount(): number;
  connect(): Peer;
  /** A connection of a user with these tags at the root, in dialect 1. */
  connectAs(user: string, tags: Readonly<Record<string, unknown>>): Promise<Peer>;
  /** Applies a command of somebody else. */
  run(command: Command): void;
}

export interface Peer {
  /** Sends the pieces, one after the other. */
  send(...pieces: readonly (string | Uint8Array)[]): void;
  /** What it was answered since this was last asked, line by line, and the end as `end: REASON`. */
  heard(): readonly string[];
  /** Sends the call, and returns the answer without `jsonrpc` and `id`. */
  ask(method: string, params?: unknown): Promise<unknown>;
  leave(): void;
}

export function createWorld(wishes: Partial<NexusOptions> = {}): World {
  const state = createState();
  const clock = createFakeClock();
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock });
  const counts = { requests: 0, sessions: 0, secrets: 0 };
  const nextRequest = () => `r${++counts.requests}` as RequestId;
  const host = createHost({
    replica: {
      propose(commands) {
        for (const command of commands) queueMicrotask(() => run(command));
      },
    },
    bus,
    meter: createOperationMeter("nexus"),
    clock,
    fanOut: createFanOut(clock),
    logger: pino({ level: "silent" }),
    pendingMax: 1024,
  });

  function run(command: Command): void {
    const notices: Notice[] = [];
    const entry = { index: (state.index + 1) as LogIndex, at: 0 as TimeMs, command };
    for (const effect of apply(state, entry, notices)) bus.send(effect);
    for (const notice of notices) {
      if (notice.type === "account_closed") host.review();
      if (notice.type !== "user_action") continue;
      bus.perform({ type: "announce", ...hookOf(notice) });
    }
  }

  const { converse } = createNexus({
    node: "node" as NodeId,
    namespace: "default" as Namespace,
    dialect: "auto",
    messageBytesMax: 100_000,
    jsonDepthMax: 64,
    nameBytesMax: 1024,
    allowedOrigins: [],
    isWhitelistStrict: false,
    nobodyTags: new Map(),
    state,
    recordOf: async (password) => password,
    judgeLogin: async ({ password, record }) => (password === record ? "right" : "wrong"),
    nextRequest,
    nextSession: () => `abcdef01${String(++counts.sessions).padStart(8, "0")}` as SessionId,
    newSecret: () => String(++counts.secrets).padStart(32, "0"),
    wallMsOf: (at) => at,
    inSteps: (work) => inTurns(work, clock),
    heldLocks: () => inOneStep([]),
    listedPeers: () =>
      inOneStep(
        [...host.seated].map(({ talk }) => ({
          session: talk.session as SessionId,
          node: "abcdef01",
          api: "tcp",
          remoteAddress: "192.0.2.1",
          user: talk.login?.user ?? "nobody",
          openedAtMs: 0,
        })),
      ),
    kickConnection: host.kick,
    userOf(session) {
      for (const { talk } of host.seated) {
        if (talk.session === session) return talk.login?.user ?? "nobody";
      }
      return undefined;
    },
    hooksWanted() {},
    listedTopics: () =>
      bus.topics().map(({ filter, count }) => ({ topic: topicOf(filter), subscribers: count })),
    listedNodes: () => [{ id: "abcdef01", clients: 1, load: [0.5, 0.25, 0], isListening: true }],
    ...wishes,
  });

  function connect(): Peer {
    let said: string[] = [];
    let isOpen = true;
    let lastId = 0;
    const socket = {
      send(text: string | Uint8Array) {
        if (isOpen) said.push(...String(text).split("\r\n").slice(0, -1));
        return isOpen;
      },
      close(_code: number, reason: string) {
        said.push(`end: ${reason}`);
        isOpen = false;
      },
      pause() {},
      resume() {},
      keep() {},
      charge() {},
      expect() {},
    };
    const opener = { remoteAddress: "192.0.2.1", headers: {}, transport: "tcp" };
    const handler: MessageHandler = serveMessages(host, converse(opener), socket);

    function heard(): readonly string[] {
      const heardNow = said;
      said = [];
      return heardNow;
    }

    return {
      send(...pieces) {
        for (const piece of pieces) handler.message(Buffer.from(piece), "binary");
      },
      heard,
      async ask(method, params) {
        lastId += 1;
        handler.message(Buffer.from(JSON.stringify({ id: lastId, method, params })), "binary");
        await nextTurn();
        const [line = "null"] = heard();
        const { jsonrpc, id, ...answer } = JSON.parse(line);
        assert.deepEqual([jsonrpc, id], ["2.0", lastId], line);
        return answer.error ?? answer;
      },
      leave() {
        isOpen = false;
        handler.closed();
      },
    };
  }

  return {
    state,
    clock,
    pipeCount: () => bus.counts().pipes,
    connect,
    async connectAs(user, tags) {
      const name = user as UserName;
      const by = { session: "operator" as SessionId, by: "root" };
      run({ type: "create_user", ...by, request: nextRequest(), user: name, password: "pass" });
      const list = Object.entries(tags).map(
        ([tag, value]) => [tag, JSON.stringify(value) as JsonText] as const,
      );
      const change: UserChange = { type: "set_tags", prefix: ".", tags: list };
      run({ type: "change_user", ...by, request: nextRequest(), user: name, change });
      const peer = connect();
      await peer.ask("sys.version");
      const answer = await peer.ask("sys.login", { user, pass: "pass" });
      assert.ok((answer as { result?: unknown }).result, JSON.stringify(answer));
      return peer;
    },
    run,
  };
}

function* inOneStep<Things>(things: Things): Generator<void, Things, void> {
  yield;
  return things;
}
