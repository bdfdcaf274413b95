/**
 * The load: one connection publishes an event, many hear it. So many events are on their way at once; the
 * next is published when one of them was heard by all. Takes an `EventsLoad` as JSON on its command line and
 * prints an `EventsLoadAnswer`.
 */
import { openWebSocket } from "./events/client.ts";
import { publishText, subscribeText } from "./events/words.ts";
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

/** A stopwatch for every delivery would cost more than the delivery. */
const timedEvery = 20;

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(load: EventsLoad): Promise<EventsLoadAnswer> {
  const { perSecond, ...observation } = await observe(load, (stopwatch) => begin(load, stopwatch));
  return { deliveriesPerSecond: perSecond.deliveries, ...observation };
}

async function begin({ port, subscribers, inFlight }: EventsLoad, { answered }: Stopwatch) {
  const tally = { deliveries: 0 };
  /** Of the events on their way: when they were published, and how many have not heard them. */
  const publishedAt = new Float64Array(inFlight);
  const missing = new Int32Array(inFlight);
  let publishedCount = 0;
  const publisher = await openWebSocket(port, () => {});
  const publish = clientFrame(publishText);

  function publishNext(): void {
    publishedAt[publishedCount % inFlight] = performance.now();
    missing[publishedCount % inFlight] = subscribers;
    publishedCount += 1;
    publisher.write(publish, "latin1");
  }

  for (let place = 0; place < subscribers; place += 1) {
    const isTimed = place % timedEvery === 0;
    let heardCount = 0;
    const socket = await openWebSocket(port, (frames) => {
      const nowMs = isTimed ? performance.now() : 0;
      for (let frame = 0; frame < frames; frame += 1) {
        const slot = heardCount % inFlight;
        heardCount += 1;
        if (isTimed) answered(nowMs - (publishedAt[slot] as number));
        missing[slot] = (missing[slot] as number) - 1;
        if (missing[slot] === 0) publishNext();
      }
      tally.deliveries += frames;
    });
    socket.write(clientFrame(subscribeText), "latin1");
  }
  // Nobody is told that a subscription is in force; the warm-up begins after all of them are.
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let count = 0; count < inFlight; count += 1) publishNext();
  return tally;
}
