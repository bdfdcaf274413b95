import assert from "node:assert/strict";
import { lock, release } from "../../test/conformance/locktopus/connection.cases.ts";
import type { Random } from "../history/random.ts";
import {
  ConnectionLost,
  connectLocktopus,
  type LocktopusAnswer,
  type LocktopusPeer,
} from "../locktopus-peer.ts";
import type { Ledger } from "./ledger.ts";

export interface LocktopusWorker {
  /** Its name in the ledger. */
  readonly client: string;
  readonly abandonTimeoutMs: number;
  readonly ledger: Ledger;
  readonly random: Random;
  /** What it takes, one or two at a time. */
  readonly names: readonly [string, ...string[]];
}

/** Takes and gives back locks until the server is gone. */
export async function workOverLocktopus(port: number, worker: LocktopusWorker): Promise<void> {
  const { abandonTimeoutMs } = worker;
  try {
    const query = `namespace=default&abandon-timeout-ms=${abandonTimeoutMs}`;
    const peer = await connectLocktopus(port, query);
    for (;;) await takeTurn(peer, worker);
  } catch (error) {
    if (!(error instanceof ConnectionLost) && !isUnreachable(error)) throw error;
  }
}

/** The server was gone before the connection was there. */
function isUnreachable(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return ["ECONNREFUSED", "ECONNRESET"].includes(code) || String(error).includes("socket hang up");
}

async function takeTurn(peer: LocktopusPeer, worker: LocktopusWorker): Promise<void> {
  const { client, ledger, random } = worker;
  const names = new Set([random.pick(worker.names), random.pick(worker.names)]);
  ledger.doubt(names, client);
  peer.send(lock(...[...names].map((name) => `write ${name}`)));
  const first = await peer.hear();
  ledger.number(first.id);
  const isAcquired = first.state === "acquired" || (await waits(peer, worker));
  if (isAcquired) {
    ledger.hold(names, client);
    ledger.doubt(names, client);
    peer.send(release);
  }
  assert.equal((await released(peer, first)).id, first.id);
  ledger.free(names, client);
}

/** In line: stays there until it is granted (`true`), or leaves it early, with the answer to come. */
async function waits(peer: LocktopusPeer, { ledger, random }: LocktopusWorker): Promise<boolean> {
  ledger.acknowledge();
  if (random.chance(0.25)) {
    peer.send(release);
    return false;
  }
  assert.equal((await peer.hear()).state, "acquired");
  return true;
}

/** The answer to a release; a grant that crossed it may come before. */
async function released(peer: LocktopusPeer, { state }: LocktopusAnswer): Promise<LocktopusAnswer> {
  const answer = await peer.hear();
  const isCrossing = state === "enqueued" && answer.state === "acquired";
  const last = isCrossing ? await peer.hear() : answer;
  assert.equal(last.state, "ready");
  return last;
}
