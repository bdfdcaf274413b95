import type { Step } from "../../protocols/conversation.ts";
import type { Clock } from "../clock.ts";
import { inTurns } from "../in-turns.ts";
import type { Peer } from "./peer.ts";

interface Leaving {
  readonly peers: Iterable<Peer>;
  readonly clock: Pick<Clock, "nowMs" | "soon">;
}

/** Performs the steps of a stop with each peer, over many turns of the event loop. */
export function sayGoodbyes<Host extends Leaving>(
  host: Host,
  perform: (host: Host, peer: Peer, step: Step<unknown>) => void,
): Promise<void> {
  return inTurns(steps(), host.clock);

  /** A peer that leaves meanwhile has ended its conversation itself. */
  function* steps(): Generator<void, void, void> {
    for (const peer of [...host.peers]) {
      let goesOn = true;
      while (goesOn && !peer.isOver) {
        const step = peer.behavior.stop(peer.talk);
        goesOn = step.goesOn === true;
        perform(host, peer, step);
        yield;
      }
    }
  }
}
