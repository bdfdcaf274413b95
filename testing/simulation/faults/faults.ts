import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Calm } from "../machine/calm.ts";
import type { Host } from "../machine/host.ts";
import type { Scheduler } from "../scheduler.ts";

/** Brings misfortune to machines, disks and network, until it is over. */
export interface Faults {
  /** Ends now everything that is wrong, and brings nothing new. */
  heal(): void;
  /** How many have happened; one that found nothing to spoil does not count. */
  readonly count: number;
}

/** By which each fault happens. */
export interface FaultKit {
  readonly scheduler: Scheduler;
  readonly random: Random;
  tell(what: string): void;
  /** Tells it and counts it. */
  happened(what: string): void;
  /** Something is wrong for a while, which keeps these servers from their work. */
  untilCured(calms: readonly Calm[], cure: Cure): void;
  /** Somebody starts the server again before long. */
  restartLater(host: Host): void;
}

export interface Cure {
  readonly ms: number;
  /** What the story says then. */
  readonly words: string;
  run(): void;
}

export type Fault = () => void;

/** What may happen to the servers of a world. */
export interface Threats {
  /** Each as likely as the others. */
  faults(kit: FaultKit): readonly Fault[];
  /** Takes back what is to happen at some later operation. */
  disarm(): void;
}

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly chronicle: Chronicle;
  readonly hosts: readonly Host[];
  readonly threats: Threats;
  /** From one fault to the next, on average. */
  readonly everyMs: number;
}

/** How long a server stays down before somebody starts it again, at most. */
const downMsMax = 3_000;

export function bringFaults(parts: FaultParts): Faults {
  const { scheduler, random, chronicle, hosts, threats, everyMs } = parts;
  let count = 0;
  const cures = new Set<() => void>();
  let isOver = false;

  function tell(what: string): void {
    chronicle.tell("fault", () => what);
  }

  function restartLater(host: Host): void {
    scheduler.after(random.below(downMsMax), host.start);
  }

  const faults = threats.faults({
    scheduler,
    random,
    tell,
    happened(what) {
      count += 1;
      tell(what);
    },
    untilCured(calms, { ms, words, run }) {
      const settled = calms.map((calm) => calm.disturb());
      const heal = () => {
        if (!cures.delete(heal)) return;
        tell(words);
        run();
        for (const settle of settled) settle();
      };
      cures.add(heal);
      scheduler.after(ms, heal);
    },
    restartLater,
  }) as readonly [Fault, ...Fault[]];

  function arm(): void {
    scheduler.after(random.below(2 * everyMs), () => {
      if (isOver) return;
      random.pick(faults)();
      for (const host of hosts) if (host.process.isDead) restartLater(host);
      arm();
    });
  }

  arm();
  return {
    get count() {
      return count;
    },
    heal() {
      isOver = true;
      for (const cure of [...cures]) cure();
      threats.disarm();
    },
  };
}
