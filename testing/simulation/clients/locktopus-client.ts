import { lock, release } from "../../../test/conformance/locktopus/connection.cases.ts";
import type { LocktopusAnswer } from "../../locktopus-peer.ts";
import type { Link } from "../network/link.ts";
import { anyNode, type ClientParts, pause } from "./client.ts";
import { closeSomehow, upgradeRequest } from "./upgrade.ts";

/** A client of Locktopus: it connects, acquires locks, waits in line or leaves it, and drops its connection at times. */
export async function runLocktopusClient(parts: ClientParts): Promise<void> {
  while (!parts.isOver()) {
    const peer = connect(parts);
    if (await peer.opened) await usePeer(parts, peer);
    await pause(parts, 300);
  }
}

interface Peer {
  readonly link: Link;
  /** Resolves to whether the connection was opened. */
  readonly opened: Promise<boolean>;
  send(message: string): void;
  /** Resolves to `undefined` when the connection has ended, or after `patienceMs` without a message. */
  receive(patienceMs: number): Promise<LocktopusAnswer | undefined>;
}

function connect(parts: ClientParts): Peer {
  const { name, network, clock, random, chronicle, asked } = parts;
  const unread: string[] = [];
  let isClosed = false;
  let wake = () => {};
  const opened = Promise.withResolvers<boolean>();
  const abandonMs = random.pick([0, 50, 2_000]);
  const node = anyNode(parts);
  const link = network.connect(
    node,
    upgradeRequest(`/v1?namespace=default&abandon-timeout-ms=${abandonMs}`),
    {
      opened: () => opened.resolve(true),
      message(text) {
        chronicle.write(name, () => `receives ${text.trim()}`);
        unread.push(text);
        wake();
      },
      closed() {
        chronicle.write(name, () => "loses its connection");
        isClosed = true;
        opened.resolve(false);
        wake();
      },
    },
  );
  clock.after(connectMsMax, () => opened.resolve(false));
  chronicle.write(name, () => `connects to ${node}, with ${abandonMs} ms to come back`);
  return {
    link,
    opened: opened.promise,
    send(message) {
      asked();
      chronicle.write(name, () => `sends ${message}`);
      link.send(message);
    },
    async receive(patienceMs) {
      if (unread.length === 0 && !isClosed) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const cancel = clock.after(patienceMs, resolve);
        await promise;
        cancel();
      }
      const text = unread.shift();
      // An error is plain text, and the last message.
      return text?.startsWith("{") ? JSON.parse(text) : undefined;
    },
  };
}

const connectMsMax = 5_000;

async function usePeer(parts: ClientParts, peer: Peer): Promise<void> {
  const { random, name } = parts;
  const turns = 1 + random.below(8);
  for (let turn = 0; turn < turns && !parts.isOver(); turn++) {
    if (!(await takeTurn(parts, peer))) break;
    await pause(parts, random.pick([1, 20, 500]));
  }
  closeSomehow(parts, name, peer.link);
}

/** Returns whether the connection can still be used. */
async function takeTurn(parts: ClientParts, peer: Peer): Promise<boolean> {
  const { random, scenario } = parts;
  const names = new Set([random.pick(scenario.names), random.pick(scenario.names)]);
  const modes = [...names].map(
    (name) => `${random.pick(["read", "write"])} ${name}${below(parts)}`,
  );
  peer.send(lock(...modes));
  const patienceMs = random.pick([100, 2_000, 20_000]);
  let answer = await peer.receive(patienceMs);
  if (answer?.state === "enqueued" && random.chance(0.8)) answer = await peer.receive(patienceMs);
  if (answer === undefined && random.chance(0.5)) return false;
  await pause(parts, random.pick([1, 100, 3_000]));
  peer.send(release);
  for (;;) {
    const last = await peer.receive(patienceMs);
    if (last?.state === "ready") return true;
    if (last === undefined || last.state === undefined) return false;
  }
}

/** At times the path of a child of the name. */
function below({ random }: ClientParts): string {
  return random.chance(0.2) ? `/${random.pick(["x", "y"])}` : "";
}
