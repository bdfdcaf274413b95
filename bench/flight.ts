import type { Stopwatch } from "./observation.ts";

export interface FlightOptions extends Pick<Stopwatch, "answered"> {
  /** Messages on their way at once. */
  readonly inFlight: number;
  readonly receivers: number;
  send(): void;
}

/** Messages on their way from one sender to all receivers. The next leaves when one of them has reached all. */
export interface Flight {
  readonly tally: { deliveries: number };
  begin(): void;
  /** Returns what the next receiver calls when so many messages have reached it. */
  addReceiver(): (messages: number) => void;
}

/** A stopwatch for every delivery would cost more than the delivery. */
const timedEvery = 20;

export function createFlight({ inFlight, receivers, send, answered }: FlightOptions): Flight {
  const tally = { deliveries: 0 };
  /** Of the messages on their way: when they left, and how many receivers they have not reached. */
  const sentAt = new Float64Array(inFlight);
  const missing = new Int32Array(inFlight);
  let sentCount = 0;
  let receiverCount = 0;

  function sendNext(): void {
    sentAt[sentCount % inFlight] = performance.now();
    missing[sentCount % inFlight] = receivers;
    sentCount += 1;
    send();
  }

  return {
    tally,
    begin() {
      for (let count = 0; count < inFlight; count += 1) sendNext();
    },
    addReceiver() {
      const isTimed = receiverCount % timedEvery === 0;
      receiverCount += 1;
      let heardCount = 0;
      return (messages) => {
        const nowMs = isTimed ? performance.now() : 0;
        for (let message = 0; message < messages; message += 1) {
          const slot = heardCount % inFlight;
          heardCount += 1;
          if (isTimed) answered(nowMs - (sentAt[slot] as number));
          missing[slot] = (missing[slot] as number) - 1;
          if (missing[slot] === 0) sendNext();
        }
        tally.deliveries += messages;
      };
    },
  };
}
