import type { Bus } from "../bus/bus.ts";
import type { TopicCommand } from "../fleeting/topics.ts";
import type { Clock } from "./clock.ts";

/**
 * What publishers may make the server write in one turn of the event loop. An event that a thousand hear is a
 * thousand writes for one message; were all that is published done at once, everybody else would wait for it.
 */
export interface FanOut {
  /** Does what the command says, and counts what that makes the server write. */
  tell(bus: Pick<Bus, "perform">, command: TopicCommand): void;
  /** Who wants to publish more waits for the next turn. */
  readonly isSpent: boolean;
  /** Runs in a later turn, when there is something to spend again; those who waited longest come first. */
  later(run: () => void): void;
}

/** With a thousand hearers of a hundred bytes some 20 ms, most of them in writes of the kernel. */
const bytesPerTurnMax = 8 * 1024 * 1024;

/** What a delivery costs beside its bytes. */
const bytesPerDelivery = 256;

export function createFanOut(clock: Pick<Clock, "soon">): FanOut {
  let spent = 0;
  let isScheduled = false;
  let waiting: (() => void)[] = [];

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    clock.soon(begin);
  }

  function begin(): void {
    isScheduled = false;
    spent = 0;
    const due = waiting;
    waiting = [];
    for (const [place, run] of due.entries()) {
      if (spent < bytesPerTurnMax) {
        run();
      } else {
        waiting = [...due.slice(place), ...waiting];
        break;
      }
    }
    if (waiting.length > 0) schedule();
  }

  return {
    tell(bus, command) {
      const sessions = bus.perform(command);
      if (sessions === 0 || command.type !== "publish") return;
      spent += sessions * (bytesPerDelivery + (command.event.payload?.length ?? 0));
      schedule();
    },
    get isSpent() {
      return spent >= bytesPerTurnMax;
    },
    later(run) {
      waiting.push(run);
      schedule();
    },
  };
}
