import { isDeepStrictEqual } from "node:util";
import type { Effect } from "../../../src/core/effect.ts";
import type { NodeId } from "../../../src/core/ids.ts";
import { snapshot } from "../../../src/core/snapshot.ts";
import type { Observer } from "../../../src/server/observer.ts";
import { areSame, written } from "../../history/trial.ts";
import { InvariantBroken } from "../invariant-broken.ts";
import type { Oracle } from "./oracle.ts";

export interface WitnessParts {
  readonly node: NodeId;
  readonly oracle: Oracle;
}

/**
 * Watches one process of the server. The process must recover the state that the log says, apply every entry of the
 * log in order, and send for each the effects that the oracle expects, in their order.
 */
export function createWitness({ node, oracle }: WitnessParts): Observer {
  let appliedIndex = 0;
  /** The effects of entries whose `applied` follows. */
  const sent: Effect[] = [];
  return {
    recovered(state) {
      appliedIndex = state.index;
      oracle.assertState(state.index, [...snapshot(state)]);
    },
    sent(effect, isDelivered) {
      sent.push(effect);
      oracle.sent(effect, node, isDelivered);
    },
    applied(entry) {
      appliedIndex += 1;
      const played = oracle.at(appliedIndex);
      if (played === undefined || !isDeepStrictEqual(played.entry, entry)) {
        throw new InvariantBroken(
          `${node} applies ${JSON.stringify(entry)} in the place of entry ${appliedIndex}`,
        );
      }
      const { effects } = played;
      const own = sent.splice(0, effects.length);
      if (!areSame(own, effects)) {
        throw new InvariantBroken(
          `${node} sends\n${written(own)}\nand must send\n${written(effects)}`,
        );
      }
    },
  };
}
