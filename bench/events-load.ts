/**
 * The load: one connection publishes an event, many hear it. So many events are on their way at once; the
 * next is published when one of them was heard by all. Takes an `EventsLoad` as JSON on its command line and
 * prints an `EventsLoadAnswer`.
 */
import { openWebSocket } from "./events/client.ts";
import { publishText, subscribeText } from "./events/words.ts";
import { createFlight } from "./flight.ts";
import { type Observation, type Observed, observe, type Stopwatch } from "./observation.ts";
import { clientFrame } from "./websocket/frames.ts";

export interface EventsLoad extends Observed {
  readonly port: number;
  readonly subscribers: number;
  /** Events that not all have heard yet. */
  readonly inFlight: number;
}

export interface EventsLoadAnswer extends Observation {
  readonly deliveriesPerSecond: number;
}

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: EventsLoad): Promise<EventsLoadAnswer> {
  const { perSecond, ...observation } = await observe(load, (stopwatch) => begin(load, stopwatch));
  return { deliveriesPerSecond: perSecond.deliveries, ...observation };
}

async function begin({ port, subscribers, inFlight }: EventsLoad, { answered }: Stopwatch) {
  const publisher = await openWebSocket(port, () => {});
  const publish = clientFrame(publishText);
  const send = () => void publisher.write(publish, "latin1");
  const flight = createFlight({ inFlight, receivers: subscribers, send, answered });
  for (let place = 0; place < subscribers; place += 1) {
    const socket = await openWebSocket(port, flight.addReceiver());
    socket.write(clientFrame(subscribeText), "latin1");
  }
  // Nobody is told that a subscription is in force; the warm-up begins after all of them are.
  await new Promise((resolve) => setTimeout(resolve, 100));
  flight.begin();
  return flight.tally;
}
