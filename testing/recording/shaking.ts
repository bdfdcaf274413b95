import type { Random } from "../history/random.ts";
import type { ShakenServer } from "./shaken-server.ts";

/** What befalls the server while it is asked; it comes when so and so many operations were called. */
export interface Shaking {
  /** One operation is called. */
  count(): void;
  /** Does all of it. `died` is told of each death, before the next start. */
  shake(died: () => void): Promise<void>;
  readonly isOver: boolean;
  /** How many there have been. */
  readonly faults: number;
}

/** A kill, a stop and one of both, spread over the first so many operations. */
export function createShaking(server: ShakenServer, random: Random, operations: number): Shaking {
  const faults = random.pick<readonly Fault[]>([
    ["kill", "stop", "kill"],
    ["stop", "kill", "stop"],
    ["kill", "kill", "stop"],
    ["stop", "stop", "kill"],
  ]);
  let counted = 0;
  let done = 0;
  let wake = () => {};

  async function until(operation: number): Promise<void> {
    while (counted < operation) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    count() {
      counted += 1;
      wake();
    },
    async shake(died) {
      for (const [place, fault] of faults.entries()) {
        const share = (place + random.below(100) / 100) / faults.length;
        await until(share * operations);
        if (fault === "kill") await server.kill(died);
        else await server.stop(stopMsMin + random.below(stopMsMin));
        done += 1;
      }
    },
    get isOver() {
      return done === faults.length;
    },
    get faults() {
      return done;
    },
  };
}

type Fault = "kill" | "stop";

const stopMsMin = 100;
