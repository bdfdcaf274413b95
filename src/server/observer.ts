import type { Logger } from "pino";
import type { State } from "../core/apply.ts";
import type { Entry } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";

/** Watches a server at work. It is called in the middle of that work, so it must be quick and must not throw. */
export interface Observer {
  /** The server has read its log and goes on from this state. */
  recovered(state: State): void;
  /** The bus has had the effect, and delivered it if the connection of its session is here. */
  sent(effect: Effect, isDelivered: boolean): void;
  /** The server has applied the entry and sent its effects. */
  applied(entry: Entry): void;
}

/** Calls all of them in turn. `undefined` without any, so that a server that nobody watches pays nothing. */
export function joinObservers(observers: readonly (Observer | undefined)[]): Observer | undefined {
  const present = observers.filter((observer) => observer !== undefined);
  if (present.length < 2) return present[0];
  return {
    recovered(state) {
      for (const observer of present) observer.recovered(state);
    },
    sent(effect, isDelivered) {
      for (const observer of present) observer.sent(effect, isDelivered);
    },
    applied(entry) {
      for (const observer of present) observer.applied(entry);
    },
  };
}

/** Logs each effect and each entry, for a person who wants to know what happened to a lock. */
export function logObserver(logger: Logger): Observer | undefined {
  if (!logger.isLevelEnabled("debug")) return undefined;
  const isTracing = logger.isLevelEnabled("trace");
  return {
    recovered() {},
    sent: (effect) => logger.debug(effect, "sent"),
    applied(entry) {
      if (isTracing) logger.trace(entry, "applied");
    },
  };
}
