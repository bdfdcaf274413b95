/**
 * The load: TryLock, Unlock, TryLock, Unlock … on many connections, each as fast as it is answered. Takes a
 * `GrpcLoad` as JSON on its command line and prints a `GrpcLoadAnswer`.
 */
import { runClient } from "./grpc/client.ts";
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
    for (let number = 0; number < load.connections; number += 1) {
      await runClient({ port: load.port, name: `bench-${number}`, tally, answered });
    }
    return tally;
  });
  return { callsPerSecond: perSecond.calls, ...observation };
}
