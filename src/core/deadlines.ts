import { addToHeap, type Heap, moveInHeap, type Place, removeFromHeap } from "./heap.ts";
import type { TimeMs } from "./ids.ts";

/** A moment at which `subject` ends by itself; its rank and order say what ends first within the same millisecond. */
export type Deadline<Subject> = Place<Subject, TimeMs>;

/** The soonest comes first. */
export type Deadlines<Subject> = Heap<Subject, TimeMs>;

export { addToHeap as addDeadline, moveInHeap as moveDeadline, removeFromHeap as removeDeadline };
