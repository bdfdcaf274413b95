/**
 * A client's end of a connection of softvisio. It is suspicious: every answer must be the first one to a call
 * of its own, in the order that section 4.6 of docs/protocols/softvisio.md promises, and every event one
 * that was published.
 */

import { InvariantBroken } from "../invariant-broken.ts";
import type { Link } from "../network/link.ts";
import { anyNode, type ClientParts } from "./client.ts";
import type { EventLedger, Listener } from "./event-ledger.ts";
import { createMutexBook, type Fence, type MutexBook, type MutexQuestion } from "./mutex-book.ts";

export interface SoftvisioPeer {
  /** As in the ledger of events. */
  readonly name: string;
  /** Whether it came to a connection. */
  readonly opened: Promise<boolean>;
  /** Whether the client has heard of the end of its connection, or has ended it. */
  readonly isLost: boolean;
  readonly mutexes: MutexBook;
  /** Everything that is published at its node. */
  readonly ledger: EventLedger;
  readonly events: Listener;
  ask(method: string, params: readonly unknown[], wishes: CallWishes): SoftvisioCall;
  /** Says what is never answered. */
  tell(method: string, params: readonly unknown[]): void;
  close(): void;
}

export interface CallWishes {
  /** How long the client waits for the answer, by its own clock; then it aborts the call. */
  readonly patienceMs: number;
  /** What its answer tells about a mutex. */
  readonly about?: MutexQuestion;
}

export interface SoftvisioCall {
  /** `undefined`: nobody knows what became of it, or it was refused. */
  readonly answer: Promise<SoftvisioAnswer | undefined>;
  /** Whether somebody waits for the answer. */
  isOpen(): boolean;
  /** The answer is `undefined` then. */
  abort(): void;
}

export interface SoftvisioAnswer {
  readonly data?: unknown;
}

/** What a call may be refused with that is in order: the server has too much of it, no disk, or no time. */
const refusals: ReadonlySet<number> = new Set([-32802, -32814, -32816]);

interface Underway {
  readonly about: MutexQuestion | undefined;
  readonly words: string;
  /** Called when it is answered well. */
  readonly confirms: () => void;
  settle(answer: SoftvisioAnswer | undefined): void;
  isAborted: boolean;
}

export function connectSoftvisio(parts: ClientParts, name: string, fence: Fence): SoftvisioPeer {
  const { network, clock, random, chronicle, asked } = parts;
  const mutexes = createMutexBook(parts, name, fence);
  const node = anyNode(parts);
  const ledger = parts.events(node);
  const events = ledger.listen(name);
  /** Those that are not answered, also when nobody waits for that. */
  const underway = new Map<number, Underway>();
  const opened = Promise.withResolvers<boolean>();
  let lastId = 0;
  let isLost = false;

  function lost(): void {
    isLost = true;
    opened.resolve(false);
    for (const call of [...underway.values()]) call.settle(undefined);
  }

  chronicle.tell(name, () => `connects to ${node}`);
  const link: Link = network.connect(node, upgradeRequest, {
    opened: () => opened.resolve(true),
    message(text) {
      chronicle.tell(name, () => `hears ${text}`);
      hear(JSON.parse(text));
    },
    closed() {
      chronicle.tell(name, () => "loses its connection");
      lost();
    },
  });
  clock.after(connectMsMax, () => opened.resolve(false));

  function hear(frame: Frame): void {
    if (frame.method === "/publish") {
      const [topic, payload] = frame.params as [string, unknown];
      events.hears(topic, payload);
      return;
    }
    const call = underway.get(frame.id);
    if (call === undefined) throw new InvariantBroken(`${name} hears of ${frame.id} once more`);
    underway.delete(frame.id);
    if (frame.error !== undefined) refused(call, frame.error);
    else answered(call, frame.result ?? {});
  }

  function refused({ about, settle, words }: Underway, { code, message }: FrameError): void {
    if (!refusals.has(code)) throw new InvariantBroken(`${name}: ${words} gives ${message}`);
    if (about !== undefined) mutexes.refused(about);
    settle(undefined);
  }

  function answered(call: Underway, { data, meta }: FrameResult): void {
    call.confirms();
    const { about, isAborted } = call;
    if (about !== undefined) mutexes.answered(about, { data, token: meta?.token, isAborted });
    call.settle({ data });
  }

  function send(method: string, params: readonly unknown[], id?: number): void {
    chronicle.tell(name, () => `says ${id ?? "without an id"} ${method} ${JSON.stringify(params)}`);
    link.send(JSON.stringify({ jsonrpc: "2.0", method, params, id }));
  }

  function ask(
    method: string,
    params: readonly unknown[],
    { patienceMs, about }: CallWishes,
  ): SoftvisioCall {
    lastId += 1;
    const id = lastId;
    const { promise, resolve } = Promise.withResolvers<SoftvisioAnswer | undefined>();
    let isOpen = true;
    const call: Underway = {
      about,
      words: `${method} ${JSON.stringify(params)}`,
      confirms: events.asks(),
      settle(answer) {
        isOpen = false;
        cancelPatience();
        resolve(answer);
      },
      isAborted: false,
    };
    const abort = () => {
      if (!isOpen || isLost) return;
      call.isAborted = true;
      send("/abort", [id]);
      call.settle(undefined);
    };
    const cancelPatience = clock.after(patienceMs, abort);
    if (isLost) {
      call.settle(undefined);
    } else {
      asked();
      underway.set(id, call);
      if (about !== undefined) mutexes.asks(about);
      send(method, params, id);
    }
    return { answer: promise, isOpen: () => isOpen, abort };
  }

  return {
    name,
    opened: opened.promise,
    get isLost() {
      return isLost;
    },
    mutexes,
    ledger,
    events,
    ask,
    tell: (method, params) => void (isLost || send(method, params)),
    close() {
      if (isLost) return;
      const how = random.pick<"properly" | "drop">(["properly", "drop"]);
      chronicle.tell(name, () => (how === "drop" ? "breaks its connection off" : "says goodbye"));
      link.close(how);
      lost();
    },
  };
}

const connectMsMax = 5_000;

const upgradeRequest = {
  method: "GET",
  path: "/api/",
  query: "",
  headers: {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-protocol": "jsonrpc_2.0",
  },
  body: new Uint8Array(),
  isEncrypted: false,
  remoteAddress: "192.0.2.1",
};

interface Frame {
  readonly id: number;
  readonly method?: string;
  readonly params?: readonly unknown[];
  readonly result?: FrameResult;
  readonly error?: FrameError;
}

interface FrameResult {
  readonly data?: unknown;
  readonly meta?: { readonly token?: number };
}

interface FrameError {
  readonly code: number;
  readonly message: string;
}
