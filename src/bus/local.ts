import type { Effect } from "../core/effect.ts";
import type { SessionId } from "../core/ids.ts";
import type { Bus } from "./bus.ts";

/** The bus of a single node: every connection is here. */
export function createLocalBus(): Bus {
  const deliveries = new Map<SessionId, (effect: Effect) => void>();
  return {
    attach(session, deliver) {
      deliveries.set(session, deliver);
    },
    detach(session) {
      deliveries.delete(session);
    },
    send(effect) {
      deliveries.get(effect.session)?.(effect);
    },
  };
}
