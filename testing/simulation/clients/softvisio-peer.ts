/**
 * A client's end of a softvisio connection. It is suspicious: every answer must be the first to a call of its
 * own, in the order that section 4.6 of docs/protocols/softvisio.md promises, and somebody must have published
 * every event.
 */

import { InvariantBroken } from "../invariant-broken.ts";
import type { Link } from "../network/link.ts";
import { anyNode, type ClientParts } from "./client.ts";
import type { EventLedger, Subscriber } from "./event-ledger.ts";
import { createMutexBook, type Fence, type MutexBook, type MutexQuestion } from "./mutex-book.ts";
import { closeSomehow, upgradeRequest } from "./upgrade.ts";

export interface SoftvisioPeer {
  /** The name by which the ledger of events knows it. */
  readonly name: string;
  /** Resolves to whether the connection was opened. */
  readonly opened: Promise<boolean>;
  /** Whether the client knows that its connection has ended, or has ended it itself. */
  readonly isLost: boolean;
  readonly mutexes: MutexBook;
  /** The events of its node. */
  readonly ledger: EventLedger;
  readonly events: Subscriber;
  ask(method: string, params: readonly unknown[], wishes: CallWishes): SoftvisioCall;
  /** Sends a notification, which has no answer. */
  notify(method: string, params: readonly unknown[]): void;
  close(): void;
}

export interface CallWishes {
  /** Time by its own clock after which the client aborts the call. */
  readonly patienceMs: number;
  /** The question about a mutex that its answer settles. */
  readonly about?: MutexQuestion;
}

export interface SoftvisioCall {
  /** `undefined`: the server refused the call, or its outcome is unknown. */
  readonly answer: Promise<SoftvisioAnswer | undefined>;
  /** Whether the client still waits for the answer. */
  isOpen(): boolean;
  /** Settles the answer as `undefined`. */
  abort(): void;
}

export interface SoftvisioAnswer {
  readonly data?: unknown;
}

/** Errors that may answer a correct call: the server has too many calls, no disk, or no time. */
const refusals: ReadonlySet<number> = new Set([-32802, -32814, -32816]);

interface Underway {
  readonly about: MutexQuestion | undefined;
  readonly words: string;
  /** Called when the answer is no error. */
  readonly confirms: () => void;
  settle(answer: SoftvisioAnswer | undefined): void;
  isAborted: boolean;
}

export function connectSoftvisio(parts: ClientParts, name: string, fence: Fence): SoftvisioPeer {
  const { network, clock, chronicle, asked } = parts;
  const mutexes = createMutexBook(parts, name, fence);
  const node = anyNode(parts);
  const ledger = parts.events(node);
  const events = ledger.subscriber(name);
  /** Calls without an answer, aborted ones among them. */
  const underway = new Map<number, Underway>();
  const opened = Promise.withResolvers<boolean>();
  let lastId = 0;
  let isLost = false;

  function lost(): void {
    isLost = true;
    opened.resolve(false);
    for (const call of [...underway.values()]) call.settle(undefined);
  }

  chronicle.write(name, () => `connects to ${node}`);
  const link: Link = network.connect(node, upgradeRequest("/api/", subprotocol), {
    opened: () => opened.resolve(true),
    message(text) {
      chronicle.write(name, () => `receives ${text}`);
      receive(JSON.parse(text));
    },
    closed() {
      chronicle.write(name, () => "loses its connection");
      lost();
    },
  });
  clock.after(connectMsMax, () => opened.resolve(false));

  function receive(frame: Frame): void {
    if (frame.method === "/publish") {
      const [topic, payload] = frame.params as [string, string];
      // What Nexus publishes is JSON.
      events.receives(topic, payload.startsWith('"') ? JSON.parse(payload) : payload);
      return;
    }
    const call = underway.get(frame.id);
    if (call === undefined)
      throw new InvariantBroken(`${name} receives another answer to ${frame.id}`);
    underway.delete(frame.id);
    if (frame.error !== undefined) refused(call, frame.error);
    else answered(call, frame.result ?? {});
  }

  function refused({ about, settle, words }: Underway, { code, message }: FrameError): void {
    if (!refusals.has(code)) throw new InvariantBroken(`${name}: ${words} is refused: ${message}`);
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
    chronicle.write(
      name,
      () => `sends ${id ?? "without an id"} ${method} ${JSON.stringify(params)}`,
    );
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
    notify: (method, params) => void (isLost || send(method, params)),
    close() {
      if (isLost) return;
      closeSomehow(parts, name, link);
      lost();
    },
  };
}

const connectMsMax = 5_000;

const subprotocol = { "sec-websocket-protocol": "jsonrpc_2.0" };

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
