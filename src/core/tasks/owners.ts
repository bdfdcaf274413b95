/** What becomes of the tasks of sessions that lose their connection, end, or restart with their node. */
import { belongingOf } from "../belongings.ts";
import type { RequestId } from "../ids.ts";
import { rejected } from "../rejection.ts";
import type { Turn } from "../state.ts";
import { ownedBy } from "./own.ts";
import { endPull, endTask, giveBack, noticeTask, removePull, takeAway } from "./requests.ts";
import type { Attempt, TaskParty } from "./state.ts";

/** The parties wait for tasks no more. */
export function endPulls({ state }: Turn, parties: readonly TaskParty[]): void {
  for (const party of parties) {
    for (const pull of ownedBy(party, "pulls")) removePull(state, pull);
  }
}

/** Tasks whose pullers were never told go back, as if they had not been pulled. */
export function takeBack(turn: Turn, party: TaskParty, pulls: readonly RequestId[]): void {
  for (const request of pulls) {
    const attempt = party.tasks && belongingOf(party.tasks.attempts, request);
    if (attempt !== undefined) giveBack(turn, attempt.task, false);
  }
}

/**
 * Ends what the parties have, in one moment: none of their pulls gets a task that another of them was at. Tasks that they
 * were at go back, unless they have no attempt left; a worker that goes has used up one.
 */
export function endTasks(turn: Turn, parties: readonly TaskParty[]): void {
  for (const party of parties) {
    const outcome = party.isAttached ? over : undefined;
    for (const pull of ownedBy(party, "pulls")) endPull(turn, pull, outcome);
    for (const task of ownedBy(party, "pushes")) {
      takeAway(turn, task, "abandoned");
      endTask(turn, task, { type: "pusher_gone" }, outcome);
    }
  }
  const left = parties.flatMap((party) => ownedBy(party, "attempts"));
  for (const { task } of left.sort(byToken)) {
    noticeTask(turn, task, { type: "worker_gone" });
    giveBack(turn, task, true);
  }
}

function byToken(a: Attempt, b: Attempt): number {
  return a.token - b.token;
}

const over = rejected("session_ended", "the session is over");
