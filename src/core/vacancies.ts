/**
 * Sessions that could make room for another: they live by their requests and own nothing. Each stands in the
 * heaps of its vacancies, that of all sessions and that of its address; the one that ends soonest is the first.
 */
import { type Belongings, countOf } from "./belongings.ts";
import {
  addDeadline,
  type Deadline,
  type Deadlines,
  moveDeadline,
  removeDeadline,
} from "./deadlines.ts";
import type { LogIndex, SessionId, TimeMs } from "./ids.ts";

/** A session that makes room when it owns nothing. */
export interface Vacant {
  readonly id: SessionId;
  readonly openedIndex: LogIndex;
  readonly locks: Belongings<unknown>;
  /** `undefined`: none. */
  readonly tasks: object | undefined;
  /** When it ends by itself. */
  readonly deadline: { readonly at: TimeMs } | undefined;
}

/** The place of a session in one heap. */
export interface Vacancy {
  readonly session: Vacant;
  readonly heap: Deadlines<Vacant>;
  /** `undefined` while the session owns something. */
  place: Deadline<Vacant> | undefined;
}

/** Of all sessions that never make room. */
export const noVacancies: readonly Vacancy[] = [];

/** Puts the session where its end belongs: that has moved, or the session has lost what it owned. */
export function vacate(vacancies: readonly Vacancy[]): void {
  for (const vacancy of vacancies) {
    const { session, heap, place } = vacancy;
    const { deadline, locks, tasks, openedIndex } = session;
    if (deadline === undefined || countOf(locks) > 0 || tasks !== undefined) return;
    if (place !== undefined) moveDeadline(heap, place, deadline.at);
    else vacancy.place = addDeadline(heap, deadline.at, 0, openedIndex, session);
  }
}

/** Takes the session out of the heaps: it owns something, or has ended. */
export function occupy(vacancies: readonly Vacancy[]): void {
  for (const vacancy of vacancies) {
    if (vacancy.place === undefined) continue;
    removeDeadline(vacancy.heap, vacancy.place);
    vacancy.place = undefined;
  }
}
