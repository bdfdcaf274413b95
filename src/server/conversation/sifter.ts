import type { Ending, Step } from "../../protocols/conversation.ts";
import type { OperationMeter } from "../operation-meter.ts";
import type { Peer } from "./peer.ts";
import type { Warnings } from "./warnings.ts";

/** Ends the conversations of one API in which nothing but rubbish arrives. */
export interface Sifter {
  /** The step that follows from what arrived; it ends the conversation after too much rubbish in a row. */
  sift(peer: Pick<Peer, "talk" | "rubbishCount">, step: Step<unknown>): Step<unknown>;
}

export interface SifterOptions {
  readonly meter: OperationMeter;
  readonly warnings: Warnings;
}

/** Messages in a row. A client with a bug gets its errors and can be debugged; one message resets the count. */
const rubbishMax = 128;

export function createSifter({ meter, warnings }: SifterOptions): Sifter {
  return {
    sift(peer, step) {
      if (step.arrived === undefined) {
        peer.rubbishCount = 0;
        return step;
      }
      if (step.arrived === "piece") return step;
      peer.rubbishCount += 1;
      if (peer.rubbishCount < rubbishMax || step.end !== undefined) return step;
      meter.turnAway();
      warnings.warn("rubbish", { address: peer.talk.address });
      return { ...step, end: tooMuchRubbish };
    },
  };
}

/** RFC 6455, section 7.4. */
const tooMuchRubbish: Ending = {
  code: 1008,
  reason: `only rubbish: ${rubbishMax} messages in a row were no requests`,
};
