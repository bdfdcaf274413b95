/**
 * The load: one connection publishes to a topic, or writes to a pipe, and pipes hear it that others read. So many messages
 * are on their way at once; the next is sent when one of them was read from all pipes. Takes a `NexusPipesLoad` as JSON
 * on its command line and prints a `NexusPipesLoadAnswer`.
 */
import { createFlight } from "./flight.ts";
import { callText, idOf, openClient } from "./nexus/client.ts";
import { type Observation, type Observed, observe, type Stopwatch } from "./observation.ts";

export interface NexusPipesLoad extends Observed {
  readonly port: number;
  readonly pipes: number;
  /** Each reads as many of the pipes. */
  readonly connections: number;
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

async function begin(load: NexusPipesLoad, { answered }: Stopwatch) {
  const { port, pipes, connections, inFlight, does } = load;
  let call = callText("topic.pub", { topic: "bench", msg: message });
  const sender = await openClient(port);
  sender.hear(() => {});
  const send = () => void sender.socket.write(call, "latin1");
  const flight = createFlight({ inFlight, receivers: pipes, send, answered });
  for (let place = 0; place < connections; place += 1) {
    const receivers = Array.from({ length: pipes / connections }, () => flight.addReceiver());
    const pipe = await openReader(load, receivers);
    if (does === "write") call = callText("pipe.write", { pipeid: pipe, msg: message });
  }
  flight.begin();
  return flight.tally;
}

/** Reads a pipe for each receiver, all on one connection. Resolves with the id of the last pipe. */
async function openReader(
  { port, inFlight, does }: NexusPipesLoad,
  receivers: readonly ((messages: number) => void)[],
): Promise<unknown> {
  const { socket, ask, hear } = await openClient(port);
  const reads: string[] = [];
  let last: unknown;
  for (const id of receivers.keys()) {
    const { pipeid } = await ask("pipe.create", { len: 2 * inFlight });
    if (does === "publish") await ask("topic.sub", { pipeid, topic: "bench" });
    reads.push(callText("pipe.read", { pipeid, max: inFlight }, id));
    last = pipeid;
  }
  let unsent = "";
  hear((line) => {
    const id = idOf(line);
    receivers[id]?.(messagesIn(line));
    // Behind all answers of this chunk.
    if (unsent === "") queueMicrotask(readOn);
    unsent += reads[id];
  });
  function readOn(): void {
    const text = unsent;
    unsent = "";
    socket.write(text, "latin1");
  }
  socket.write(reads.join(""), "latin1");
  return last;
}

function messagesIn(line: Buffer): number {
  let count = 0;
  for (let at = line.indexOf(messageMark); at !== -1; at = line.indexOf(messageMark, at + 1)) {
    count += 1;
  }
  return count;
}
