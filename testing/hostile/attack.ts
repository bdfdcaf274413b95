/** One thing that hostile clients do to a server. It runs in a process of its own (`attacker-main.ts`). */
export interface Attack {
  /** Its argument on the command line. */
  readonly name: string;
  /** Says what the clients do, for a table. */
  readonly does: string;
  /** Seconds after which its process is killed. Absent: `attackSecondsDefault`. */
  readonly seconds?: number;
  /**
   * It fills the state with what the server keeps for longer than a minute, as it must: a session, a grace, a name.
   * The budget of the state bounds that; what is left of memory is not compared with what was there before.
   */
  readonly fillsState?: true;
  /** Settings of the server besides the defaults. */
  readonly argv?: readonly string[];
  /** What the attackers need, and is no attack by itself, is done before its time begins. */
  prepare?(target: Target): Promise<void>;
  /** Resolves when nothing is left to do; what it has opened stays open until its process is killed. */
  run(target: Target): Promise<void>;
}

export const attackSecondsDefault = 8;
/** Of attacks that fill something up. */
export const fillSeconds = 15;

/**
 * The address of the attackers. The good client has 127.0.0.1, so that shares and back-off of an address
 * can tell them apart.
 */
export const attackerAddress = "127.0.0.66";

/** Of attackers that a limit for one address does not stop. */
export const moreAddresses = ["127.0.0.67", "127.0.0.68", "127.0.0.69"] as const;

export interface Target {
  readonly port: number;
  /** On the clock of `performance.now()`. */
  readonly deadlineMs: number;
  /** Adds to what the attack tells of itself, such as the frames that it has sent. */
  count(what: string, by?: number): void;
}

export function isOver({ deadlineMs }: Target): boolean {
  return performance.now() >= deadlineMs;
}
