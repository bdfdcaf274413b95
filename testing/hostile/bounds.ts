/** What the good client may notice of an attack, and what the attack may cost. */
export const bounds = {
  p99Ms: 100,
  maxMs: 500,
  leaseLateMs: 250,
  /** A probe of Kubernetes gives up after a second. */
  probeMs: 1000,
  /**
   * Some 150 MiB of a server that does nothing, and 1,877 MiB, which its budgets of state and of memory for peers are
   * with the 4 GiB of heap that Node takes on a large machine, and 20 % of that.
   */
  peakMiB: 2400,
  /** Beyond `shutdownTimeout`, for the last sync and the end of the process. */
  stopLateMs: 1000,
  /** Memory is judged when the attack has been over for so long. */
  settleMs: 60_000,
  afterShare: 1.25,
} as const;

/** Figures of one attack; those that it does not have are absent. */
export interface Row {
  readonly attack: string;
  /** How often the attack was tried; this is the last try. */
  readonly tries?: number;
  /** Of the good client before the attack. */
  readonly aloneP99Ms?: number;
  readonly p50Ms?: number;
  readonly p99Ms?: number;
  readonly maxMs?: number;
  readonly leaseLateMs?: number;
  readonly probeMs?: number;
  readonly beforeMiB?: number;
  readonly peakMiB?: number;
  readonly afterMiB?: number;
  /** From the end of the attack until `afterMiB` was measured. */
  readonly settleMs?: number;
  /** Number of acknowledged locks that were not held afterwards, or could not be given back. */
  readonly lost?: number;
  /** From the beginning of the start after the kill until the server listens. */
  readonly startMs?: number;
  readonly stopMs?: number;
  /** What that was more than `shutdownTimeout`. */
  readonly stopLateMs?: number;
  /** What the attackers did, by their own count. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Harm that no figure shows, and each loss. */
  readonly faults: readonly string[];
}

const times = ["p99Ms", "maxMs", "leaseLateMs", "probeMs", "stopLateMs"] as const;

/**
 * All that is wrong with it.
 *
 * @param slack a factor for all times, where the machine has other work.
 */
export function faultsOf(row: Row, slack = 1): readonly string[] {
  const limits = [
    ...times.map((name) => ({ name, is: row[name] ?? 0, max: slack * bounds[name] })),
    { name: "peakMiB", is: row.peakMiB ?? 0, max: bounds.peakMiB },
  ];
  const beyond = limits
    .filter(({ is, max }) => is > max)
    .map(({ name, is, max }) => `${name} ${Math.round(is)} is over ${max}`);
  return [...row.faults, ...beyond, ...keptBy(row)];
}

/** Whether the memory after the attack is within its bound, or was not measured. */
export function isGivenBack(row: Row): boolean {
  return keptBy(row).length === 0;
}

function keptBy({ beforeMiB, afterMiB, settleMs = 0 }: Row): readonly string[] {
  if (beforeMiB === undefined || afterMiB === undefined || settleMs < bounds.settleMs) return [];
  const max = beforeMiB * bounds.afterShare;
  if (afterMiB <= max) return [];
  return [`${Math.round(afterMiB)} MiB are kept, of ${Math.round(beforeMiB)} before`];
}

/** For people: whole milliseconds and MiB. */
export function cellsOf(row: Row): Readonly<Record<string, string>> {
  const whole = (value: number | undefined) => (value === undefined ? "" : value.toFixed(0));
  const brief = (value: number | undefined) => (value === undefined ? "" : value.toFixed(1));
  const { beforeMiB, peakMiB, afterMiB } = row;
  return {
    attack: row.attack,
    "p99 before": brief(row.aloneP99Ms),
    p50: brief(row.p50Ms),
    p99: whole(row.p99Ms),
    max: whole(row.maxMs),
    "lease late": whole(row.leaseLateMs),
    page: whole(row.probeMs),
    "MiB before, peak, after": [beforeMiB, peakMiB, afterMiB].map(whole).join(" "),
    lost: whole(row.lost),
    restart: whole(row.startMs),
    stop: whole(row.stopMs),
    tries: whole(row.tries),
    holds: faultsOf(row).length === 0 ? "yes" : "**no**",
  };
}
