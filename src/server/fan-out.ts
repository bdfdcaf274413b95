import type { Bus } from "../bus/bus.ts";
import type { ServedCommand } from "../fleeting/command.ts";
import type { Clock } from "./clock.ts";

/**
 * Limits how much publishers make the server write in one turn of the event loop. One message to a thousand
 * subscribers costs a thousand writes, and all other clients would wait for all publications of a turn.
 */
export interface FanOut {
  /** Performs the command and counts the bytes that it makes the server write. */
  perform(bus: Pick<Bus, "perform">, command: ServedCommand): void;
  /** This turn's budget is spent: further publications wait for the next turn. */
  readonly isSpent: boolean;
  /** An event is on its way to its subscribers: until all have it, the bus takes no command. */
  readonly isPerforming: boolean;
  /** Runs in a later turn with a budget; the longest waiting come first. */
  later(run: () => void): void;
}

/** With a thousand subscribers and a hundred bytes, some 20 ms, most of them in writes of the kernel. */
const bytesPerTurnMax = 8 * 1024 * 1024;

/** The cost of a publication, even of one without receivers. */
const bytesPerPublication = 512;

/** The cost of a delivery besides its payload. */
const bytesPerDelivery = 256;

/** The cost of a command whose event has gone to so many sessions and pipes. */
function bytesOf(command: ServedCommand, receivers: number): number {
  switch (command.type) {
    case "publish":
    case "announce":
      return (
        bytesPerPublication + receivers * (bytesPerDelivery + (command.event.payload?.length ?? 0))
      );
    case "write_pipe":
      return command.messages.reduce(
        (bytes, { length }) => bytes + bytesPerDelivery + length,
        bytesPerPublication,
      );
    default:
      return 0;
  }
}

export function createFanOut(clock: Pick<Clock, "soon">): FanOut {
  let spent = 0;
  let isScheduled = false;
  let isPerforming = false;
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
    perform(bus, command) {
      isPerforming = true;
      const sessions = bus.perform(command);
      isPerforming = false;
      const bytes = bytesOf(command, sessions);
      if (bytes === 0) return;
      spent += bytes;
      schedule();
    },
    get isPerforming() {
      return isPerforming;
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
