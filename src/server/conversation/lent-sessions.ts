import type { Bus } from "../../bus/bus.ts";
import type { Effect } from "../../core/effect.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";

/**
 * Sessions in which several peers ask at the same time, as the requests with one cookie do. Each outcome goes to
 * the peer that asked for it.
 */
export interface LentSessions<Borrower> {
  lend(borrower: Borrower, session: SessionId, request: RequestId): void;
  giveBack(session: SessionId, request: RequestId): void;
}

export function createLentSessions<Borrower>(
  bus: Pick<Bus, "attach" | "detach">,
  /** `borrower` is absent for an outcome that no peer waits for any more. */
  deliver: (effect: Effect, borrower: Borrower | undefined) => void,
): LentSessions<Borrower> {
  const lent = new Map<SessionId, Map<RequestId, Borrower>>();
  return {
    lend(borrower, session, request) {
      const known = lent.get(session);
      if (known !== undefined) {
        known.set(request, borrower);
        return;
      }
      const borrowers = new Map([[request, borrower]]);
      lent.set(session, borrowers);
      bus.attach(session, {
        deliver: (effect) => deliver(effect, borrowers.get(effect.request)),
      });
    },
    giveBack(session, request) {
      const borrowers = lent.get(session);
      if (!borrowers?.delete(request) || borrowers.size > 0) return;
      lent.delete(session);
      bus.detach(session);
    },
  };
}
