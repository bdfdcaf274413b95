import { limitsBefore } from "../limits.ts";
import { boundIdle, makeRoom } from "../locks/idle.ts";
import type { Turn } from "../state.ts";
import type { SetLimits } from "./commands.ts";

/**
 * From this entry on the new limits hold; what exceeds them already stays, except for idle names. An older
 * program knew fewer limits.
 */
export function setLimits(turn: Turn, { limits }: SetLimits): void {
  turn.state.limits = { ...limitsBefore, ...limits };
  boundIdle(turn);
  makeRoom(turn, 0, turn.state.limits.stateBytesMax);
}
