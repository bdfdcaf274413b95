import { boundIdle } from "../locks/idle.ts";
import type { Turn } from "../state.ts";
import type { SetLimits } from "./commands.ts";

/** From this entry on the new limits hold; what exceeds them already stays, except for idle names. */
export function setLimits(turn: Turn, { limits }: SetLimits): void {
  turn.state.limits = limits;
  boundIdle(turn);
}
