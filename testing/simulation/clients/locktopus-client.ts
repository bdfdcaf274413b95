import { lock, release } from "../../../test/conformance/locktopus/connection.cases.ts";
import type { LocktopusAnswer } from "../../locktopus-peer.ts";
import type { Link } from "../network/link.ts";
import { anyNode, type ClientParts, pause } from "./client.ts";

/** A client of Locktopus: it connects, takes locks, waits in line or leaves it, and breaks off at times. */
export async function runLocktopusClient(parts: ClientParts): Promise<void> {
  while (!parts.isOver()) {
    const peer = connect(parts);
    if (await peer.opened) await usePeer(parts, peer);
    await pause(parts, 300);
  }
}

interface Peer {
  readonly link: Link;
  /** Whether it came to a connection. */
  readonly opened: Promise<boolean>;
  say(message: string): void;
  /** `undefined`: the connection has ended, or nothing was heard for so long. */
  hear(patienceMs: number): Promise<LocktopusAnswer | undefined>;
}

function connect(parts: ClientParts): Peer {
  const { name, network, clock, random, chronicle, asked } = parts;
  const heard: string[] = [];
  let isClosed = false;
  let wake = () => {};
  const opened = Promise.withResolvers<boolean>();
  const abandonMs = random.pick([0, 50, 2_000]);
  const node = anyNode(parts);
  const link = network.connect(node, upgradeRequest(abandonMs), {
    opened: () => opened.resolve(true),
    message(text) {
      chronicle.tell(name, () => `hears ${text.trim()}`);
      heard.push(text);
      wake();
    },
    closed() {
      chronicle.tell(name, () => "loses its connection");
      isClosed = true;
      opened.resolve(false);
      wake();
    },
  });
  clock.after(connectMsMax, () => opened.resolve(false));
  chronicle.tell(name, () => `connects to ${node}, with ${abandonMs} ms to come back`);
  return {
    link,
    opened: opened.promise,
    say(message) {
      asked();
      chronicle.tell(name, () => `says ${message}`);
      link.send(message);
    },
    async hear(patienceMs) {
      if (heard.length === 0 && !isClosed) {
        const { promise, resolve } = Promise.withResolvers<void>();
        wake = resolve;
        const cancel = clock.after(patienceMs, resolve);
        await promise;
        cancel();
      }
      const text = heard.shift();
      // An error is plain text, and the last that is said.
      return text?.startsWith("{") ? JSON.parse(text) : undefined;
    },
  };
}

const connectMsMax = 5_000;

function upgradeRequest(abandonMs: number) {
  return {
    method: "GET",
    path: "/v1",
    query: `namespace=default&abandon-timeout-ms=${abandonMs}`,
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
    body: new Uint8Array(),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
}

async function usePeer(parts: ClientParts, peer: Peer): Promise<void> {
  const { random, name, chronicle } = parts;
  const turns = 1 + random.below(8);
  for (let turn = 0; turn < turns && !parts.isOver(); turn++) {
    if (!(await takeTurn(parts, peer))) break;
    await pause(parts, random.pick([1, 20, 500]));
  }
  const how = random.pick<"properly" | "drop">(["properly", "drop"]);
  chronicle.tell(name, () => (how === "drop" ? "breaks its connection off" : "says goodbye"));
  peer.link.close(how);
}

/** Returns whether the connection is still good. */
async function takeTurn(parts: ClientParts, peer: Peer): Promise<boolean> {
  const { random, scenario } = parts;
  const names = new Set([random.pick(scenario.names), random.pick(scenario.names)]);
  const modes = [...names].map(
    (name) => `${random.pick(["read", "write"])} ${name}${below(parts)}`,
  );
  peer.say(lock(...modes));
  const patienceMs = random.pick([100, 2_000, 20_000]);
  let answer = await peer.hear(patienceMs);
  if (answer?.state === "enqueued" && random.chance(0.8)) answer = await peer.hear(patienceMs);
  if (answer === undefined && random.chance(0.5)) return false;
  await pause(parts, random.pick([1, 100, 3_000]));
  peer.say(release);
  for (;;) {
    const last = await peer.hear(patienceMs);
    if (last?.state === "ready") return true;
    if (last === undefined || last.state === undefined) return false;
  }
}

/** At times only a part of what is under the name. */
function below({ random }: ClientParts): string {
  return random.chance(0.2) ? `/${random.pick(["x", "y"])}` : "";
}
