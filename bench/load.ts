/**
 * The load: lock, release, lock, release … on many WebSockets, as fast as the server answers. Takes
 * a `Load` as JSON on its command line and prints a `LoadAnswer`. It must cost less than the server
 * it measures: raw sockets, frames made beforehand, answers told apart by a byte or two.
 */
import { type Observation, type Observed, observe } from "./observation.ts";
import { type Client, openClient, type Tally } from "./websocket/client.ts";
import { clientFrame } from "./websocket/frames.ts";

export interface Load extends Observed {
  readonly port: number;
  /** Nobody else locks in it. */
  readonly namespace: string;
  readonly connections: number;
  /** Messages which each connection has sent and not seen answered: 1, or an even number. */
  readonly inFlight: number;
  /** Each connection locks a name of its own, or all of them the same. */
  readonly keys: "own" | "hot";
}

/** Latency is from the sending of a message to the first answer to it. */
export interface LoadAnswer extends Observation {
  readonly cyclesPerSecond: number;
  /** What the server sent: in a crowd a lock is told twice, enqueued and acquired. */
  readonly framesPerSecond: number;
}

/** Connections that are opened at the same time. */
const openingMax = 100;

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: Load): Promise<LoadAnswer> {
  const { perSecond, ...observation } = await observe(load, async ({ answered }) => {
    const counts = { frames: 0, cycles: 0 };
    const tally: Tally = Object.assign(counts, { answered });
    for (const client of await openClients(load, tally)) client.begin();
    return counts;
  });
  const { cycles, frames } = perSecond;
  return { cyclesPerSecond: cycles, framesPerSecond: frames, ...observation };
}

async function openClients(load: Load, tally: Tally): Promise<readonly Client[]> {
  const clients: Client[] = [];
  while (clients.length < load.connections) {
    const count = Math.min(openingMax, load.connections - clients.length);
    const opening = Array.from({ length: count }, (_, place) => {
      const name = load.keys === "own" ? String(clients.length + place) : "hot";
      const resources = [{ type: "write", path: ["k", name] }];
      return openClient({
        port: load.port,
        // Whoever leaves with a lock is not waited for.
        path: `/v1?namespace=${load.namespace}&abandon-timeout-ms=0`,
        inFlight: load.inFlight,
        lock: clientFrame(JSON.stringify({ action: "lock", resources })),
        release: clientFrame(JSON.stringify({ action: "release" })),
        tally,
      });
    });
    clients.push(...(await Promise.all(opening)));
  }
  return clients;
}
