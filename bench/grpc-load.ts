/**
 * The load: TryLock, Unlock, TryLock, Unlock … on many connections, each as fast as it is answered. Takes a
 * `GrpcLoad` as JSON on its command line and prints a `GrpcLoadAnswer`.
 */
import { openClient } from "./grpc/client.ts";
import { type Observation, type Observed, observe } from "./observation.ts";

export interface GrpcLoad extends Observed {
  readonly port: number;
  readonly connections: number;
}

export interface GrpcLoadAnswer extends Observation {
  readonly callsPerSecond: number;
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: GrpcLoad): Promise<GrpcLoadAnswer> {
  const { perSecond, ...observation } = await observe(load, async ({ answered }) => {
    const tally = { calls: 0 };
    const begins: (() => void)[] = [];
    while (begins.length < load.connections) {
      const name = `bench-${begins.length}`;
      begins.push(await openClient({ port: load.port, name, tally, answered }));
    }
    for (const begin of begins) begin();
    return tally;
  });
  return { callsPerSecond: perSecond.calls, ...observation };
}
