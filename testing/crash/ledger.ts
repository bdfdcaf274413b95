import assert from "node:assert/strict";

/**
 * What clients were told about who holds which names. When the server dies, it is all that they can
 * count on; each entry is made before anything is built on it.
 *
 *              asks           is told that it has it
 *   (nothing) -----> doubtful ----------------------> held
 *       ^               | ^                            |
 *       +---------------+ +----------------------------+
 *      is told that it has it not            gives it back
 */
export interface Ledger {
  /** The client asks for something that decides whether it holds the names. */
  doubt(names: Iterable<string>, client: string): void;
  /**
   * All of them, by one lock. Fails when another client was told that it holds one of them, and has
   * not asked to give it back.
   */
  hold(names: Iterable<string>, client: string): void;
  free(names: Iterable<string>, client: string): void;
  /** An acknowledgement that leaves all holdings as they are. */
  acknowledge(): void;
  /** A Locktopus id that was told. */
  number(id: string): void;
  fateOf(name: string): Fate;
  /** All that the client was told it holds. */
  heldBy(client: string): readonly string[];
  readonly acknowledgedTotal: number;
  /** Each of them took a fencing token. */
  readonly grantsTotal: number;
  /** The highest Locktopus id that was told. */
  readonly lastNumber: number;
}

/** What must be so after a crash: somebody holds it, nobody does, or either. */
export type Fate = "held" | "free" | "doubtful";

/** `acknowledged` is told of each acknowledgement, after it was entered. */
export function createLedger(acknowledged: (total: number) => void): Ledger {
  const names = new Map<string, Map<string, "held" | "doubtful">>();
  let acknowledgedTotal = 0;
  let grantsTotal = 0;
  let lastNumber = 0;

  function claimsOn(name: string): Map<string, "held" | "doubtful"> {
    const claims = names.get(name) ?? new Map();
    names.set(name, claims);
    return claims;
  }

  function enterHolding(name: string, client: string): void {
    const claims = claimsOn(name);
    for (const [other, claim] of claims) {
      assert.ok(claim !== "held", `${client} and ${other} hold ${name} at the same time`);
    }
    claims.set(client, "held");
  }

  function acknowledge(): void {
    acknowledgedTotal += 1;
    acknowledged(acknowledgedTotal);
  }

  return {
    doubt(taken, client) {
      for (const name of taken) claimsOn(name).set(client, "doubtful");
    },
    hold(taken, client) {
      for (const name of taken) enterHolding(name, client);
      grantsTotal += 1;
      acknowledge();
    },
    free(taken, client) {
      for (const name of taken) claimsOn(name).delete(client);
      acknowledge();
    },
    acknowledge,
    number(id) {
      lastNumber = Math.max(lastNumber, Number(id));
    },
    fateOf(name) {
      const claims = [...claimsOn(name).values()];
      if (claims.includes("held")) return "held";
      return claims.length === 0 ? "free" : "doubtful";
    },
    heldBy: (client) =>
      [...names].flatMap(([name, claims]) => (claims.get(client) === "held" ? [name] : [])),
    get acknowledgedTotal() {
      return acknowledgedTotal;
    },
    get grantsTotal() {
      return grantsTotal;
    },
    get lastNumber() {
      return lastNumber;
    },
  };
}
