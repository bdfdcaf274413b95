/**
 * The load: calls of Nexus on many TCP connections, as fast as the server answers. Takes a `NexusLoad` as JSON on its
 * command line and prints a `NexusLoadAnswer`.
 */
import { callText, openClient } from "./nexus/client.ts";
import { type Observation, type Observed, observe } from "./observation.ts";

export interface NexusLoad extends Observed {
  readonly port: number;
  readonly connections: number;
  /** Calls which each connection has sent and not seen answered: 1, or an even number. */
  readonly inFlight: number;
  /** `sync.lock` and `sync.unlock` by turns, of a name of the connection's own. */
  readonly does: "ping" | "lock";
}

export interface NexusLoadAnswer extends Observation {
  readonly callsPerSecond: number;
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: NexusLoad): Promise<NexusLoadAnswer> {
  const { perSecond, ...observation } = await observe(load, async ({ answered }) => {
    const tally = { calls: 0 };
    const begins: (() => void)[] = [];
    for (let place = 0; place < load.connections; place += 1) {
      begins.push(await openConnection(load, place, { tally, answered }));
    }
    for (const begin of begins) begin();
    return tally;
  });
  return { callsPerSecond: perSecond.calls, ...observation };
}

interface Told {
  readonly tally: { calls: number };
  answered(ms: number): void;
}

/** Returns how it begins. */
async function openConnection(
  { port, inFlight, does }: NexusLoad,
  place: number,
  { tally, answered }: Told,
): Promise<() => void> {
  const { socket, ask, hear } = await openClient(port);
  await ask("sys.version", {});
  const lock = `bench-${place}`;
  const calls =
    does === "ping"
      ? [callText("sys.ping", {}), callText("sys.ping", {})]
      : [callText("sync.lock", { lock }), callText("sync.unlock", { lock })];
  /** When the calls without an answer were sent: a ring. */
  const sentAt = new Float64Array(inFlight);
  let sentCount = 0;
  let answeredCount = 0;
  let isScheduled = false;

  function sendMore(): void {
    isScheduled = false;
    const nowMs = performance.now();
    let bytes = "";
    for (; sentCount - answeredCount < inFlight; sentCount += 1) {
      sentAt[sentCount % inFlight] = nowMs;
      bytes += calls[sentCount % 2];
    }
    socket.write(bytes, "latin1");
  }

  hear(() => {
    answered(performance.now() - (sentAt[answeredCount % inFlight] as number));
    answeredCount += 1;
    tally.calls += 1;
    if (isScheduled) return;
    isScheduled = true;
    // Behind all answers of this chunk.
    queueMicrotask(sendMore);
  });
  return sendMore;
}
