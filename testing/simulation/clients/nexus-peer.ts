/** A client's end of a Nexus connection over WebSocket. It is suspicious: every answer must be the first to a call of its own. */
import type { NodeId } from "../../../src/core/ids.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import type { Link } from "../network/link.ts";
import { anyNode, type ClientParts } from "./client.ts";
import { closeSomehow, upgradeRequest } from "./upgrade.ts";

export interface NexusPeer {
  readonly name: string;
  readonly node: NodeId;
  /** Resolves to whether the connection was opened. */
  readonly opened: Promise<boolean>;
  /** Whether the client knows that its connection has ended, or has ended it itself. */
  readonly isLost: boolean;
  /** Closes the connection when the answer takes too long. */
  ask(method: string, params?: object): Promise<NexusAnswer>;
  close(): void;
}

/** `unknown`: the call may have been done or not, and may still be. */
export type NexusAnswer =
  | { readonly type: "result"; readonly result: unknown }
  | { readonly type: "error"; readonly code: number; readonly words: string }
  | { readonly type: "unknown" };

/** Errors that leave open whether the server did the call: it has no room, no disk, or no time. */
const unknownCodes: ReadonlySet<number> = new Set([-32603, -32001]);

const connectMsMax = 5_000;

/** Longer than a restart of the server, and than a slow network needs. */
const patienceMs = 10_000;

export function connectNexus(parts: ClientParts, name: string): NexusPeer {
  const { network, clock, chronicle, asked } = parts;
  const node = anyNode(parts);
  const underway = new Map<number, (answer: NexusAnswer) => void>();
  const opened = Promise.withResolvers<boolean>();
  let lastId = 0;
  let isLost = false;

  function lost(): void {
    isLost = true;
    opened.resolve(false);
    for (const settle of underway.values()) settle(unknown);
    underway.clear();
  }

  chronicle.write(name, () => `connects to ${node}`);
  const link: Link = network.connect(node, upgradeRequest("/nexus"), {
    opened: () => opened.resolve(true),
    message(text) {
      chronicle.write(name, () => `receives ${text.trim()}`);
      if (!isLost) receive(JSON.parse(text));
    },
    closed() {
      chronicle.write(name, () => "loses its connection");
      lost();
    },
  });
  clock.after(connectMsMax, () => opened.resolve(false));

  function receive({ id, result, error }: Frame): void {
    // The last words of a server that ends the connection.
    if (id === null && error !== undefined && unknownCodes.has(error.code)) return;
    const settle = underway.get(id as number);
    if (settle === undefined) throw new InvariantBroken(`${name} receives another answer to ${id}`);
    underway.delete(id as number);
    if (error === undefined) settle({ type: "result", result });
    else if (unknownCodes.has(error.code)) settle(unknown);
    else settle({ type: "error", code: error.code, words: error.message });
  }

  function close(): void {
    if (isLost) return;
    closeSomehow(parts, name, link);
    lost();
  }

  return {
    name,
    node,
    opened: opened.promise,
    get isLost() {
      return isLost;
    },
    ask(method, params = {}) {
      if (isLost) return Promise.resolve(unknown);
      lastId += 1;
      const id = lastId;
      const { promise, resolve } = Promise.withResolvers<NexusAnswer>();
      const cancelPatience = clock.after(patienceMs, close);
      underway.set(id, (answer) => {
        cancelPatience();
        resolve(answer);
      });
      asked();
      const text = JSON.stringify({ jsonrpc: "2.0", id, method, params });
      chronicle.write(name, () => `sends ${text}`);
      link.send(`${text}\r\n`);
      return promise;
    },
    close,
  };
}

const unknown: NexusAnswer = { type: "unknown" };

interface Frame {
  readonly id: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}
