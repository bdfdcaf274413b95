import type { Random } from "../../history/random.ts";
import type { Chronicle } from "../chronicle.ts";
import type { Calm } from "../machine/calm.ts";
import type { Host } from "../machine/host.ts";
import type { Scheduler } from "../scheduler.ts";

/** Faults of machines, disks and network, one after the other. */
export interface Faults {
  /** Cures everything now, and brings no further fault. */
  heal(): void;
  /** The number of faults so far. A fault that found nothing to spoil does not count. */
  readonly count: number;
}

/** The means of every fault. */
export interface FaultKit {
  readonly scheduler: Scheduler;
  readonly random: Random;
  /** Writes it into the story. */
  note(what: string): void;
  /** Notes and counts a fault. */
  happened(what: string): void;
  /** Disturbs these servers until the cure. */
  untilCured(calms: readonly Calm[], cure: Cure): void;
  /** Starts the server again before long. */
  restartLater(host: Host): void;
}

export interface Cure {
  readonly ms: number;
  /** The line in the story. */
  readonly words: string;
  run(): void;
}

export type Fault = () => void;

/** The faults that may happen to the servers of a world. */
export interface Threats {
  /** All equally likely. */
  faults(kit: FaultKit): readonly Fault[];
  /** Withdraws faults that wait for a later operation. */
  disarm(): void;
}

export interface FaultParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly chronicle: Chronicle;
  readonly hosts: readonly Host[];
  readonly threats: Threats;
  /** Average time between two faults. */
  readonly everyMs: number;
  /** Longest time after which a server is started again. */
  readonly downMsMax: number;
}

export function bringFaults(parts: FaultParts): Faults {
  const { scheduler, random, chronicle, hosts, threats, everyMs, downMsMax } = parts;
  let count = 0;
  const cures = new Set<() => void>();
  let isOver = false;

  function note(what: string): void {
    chronicle.write("fault", () => what);
  }

  function restartLater(host: Host): void {
    scheduler.after(random.below(downMsMax), host.start);
  }

  const faults = threats.faults({
    scheduler,
    random,
    note,
    happened(what) {
      count += 1;
      note(what);
    },
    untilCured(calms, { ms, words, run }) {
      const settled = calms.map((calm) => calm.disturb());
      const heal = () => {
        if (!cures.delete(heal)) return;
        note(words);
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
