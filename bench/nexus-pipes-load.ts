/**
 * The load: one connection publishes to a topic, or writes to a pipe, and pipes hear it that others read. So many messages
 * are on their way at once; the next is sent when one of them was read from all pipes. Takes a `NexusPipesLoad` as JSON
 * on its command line and prints a `NexusPipesLoadAnswer`.
 */
import { createFlight } from "./flight.ts";
import { callText, openClient } from "./nexus/client.ts";
import { type Observation, type Observed, observe, type Stopwatch } from "./observation.ts";

export interface NexusPipesLoad extends Observed {
  readonly port: number;
  readonly pipes: number;
  /** Messages that were not read from all pipes. */
  readonly inFlight: number;
  readonly does: "publish" | "write";
}

export interface NexusPipesLoadAnswer extends Observation {
  readonly deliveriesPerSecond: number;
}

/** As long as the events of `bench events`. */
const message = ["an event of forty characters or so"];

/** Stands once in each message that a read returns. */
const messageMark = Buffer.from('"count":');

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: NexusPipesLoad): Promise<NexusPipesLoadAnswer> {
  const { perSecond, ...observation } = await observe(load, (stopwatch) => begin(load, stopwatch));
  return { deliveriesPerSecond: perSecond.deliveries, ...observation };
}

async function begin({ port, pipes, inFlight, does }: NexusPipesLoad, { answered }: Stopwatch) {
  let call = callText("topic.pub", { topic: "bench", msg: message });
  const sender = await openClient(port);
  sender.hear(() => {});
  const send = () => void sender.socket.write(call, "latin1");
  const flight = createFlight({ inFlight, receivers: pipes, send, answered });
  for (let place = 0; place < pipes; place += 1) {
    const { socket, ask, hear } = await openClient(port);
    const { pipeid } = await ask("pipe.create", { len: 2 * inFlight });
    if (does === "publish") await ask("topic.sub", { pipeid, topic: "bench" });
    else call = callText("pipe.write", { pipeid, msg: message });
    const read = callText("pipe.read", { pipeid, max: inFlight });
    const reached = flight.addReceiver();
    hear((line) => {
      reached(messagesIn(line));
      socket.write(read, "latin1");
    });
    socket.write(read, "latin1");
  }
  flight.begin();
  return flight.tally;
}

function messagesIn(line: Buffer): number {
  let count = 0;
  for (let at = line.indexOf(messageMark); at !== -1; at = line.indexOf(messageMark, at + 1)) {
    count += 1;
  }
  return count;
}
