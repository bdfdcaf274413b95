import type { Claim } from "../../../src/core/command.ts";
import type { Random } from "../../history/random.ts";

/** So few names that most requests meet. */
export function chooseClaims(random: Random): readonly Claim[] {
  const count = random.chance(0.3) ? 2 : 1;
  return Array.from({ length: count }, (): Claim => {
    const path = random.pick([["a"], ["a", "x"], ["b"], ["c"]]);
    return { mode: random.pick(["shared", "exclusive"]), path };
  });
}

/** At times with another size than the name has. */
export function chooseSlot(random: Random): Claim {
  const name = random.pick(["a", "b", "c"]);
  const size = random.chance(0.05) ? 3 : name === "c" ? 2 : 1;
  return { mode: "slot", path: [name], size };
}
