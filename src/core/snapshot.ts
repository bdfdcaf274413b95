import { type ApiTokenRecord, keptApiTokens } from "./api-tokens/records.ts";
import type { LockNumber } from "./ids.ts";
import type { Kept } from "./kept.ts";
import { type Limits, limitsBefore } from "./limits.ts";
import {
  keptLocks,
  keptNamespaces,
  keptSlots,
  type LockRecord,
  type NamespaceRecord,
  type SlotRecord,
} from "./locks/records.ts";
import { keptSessions, type SessionRecord } from "./sessions/records.ts";
import { type Counters, createState, type State } from "./state.ts";
import { reserve } from "./table.ts";
import {
  keptPulls,
  keptTaskPaths,
  keptTasks,
  type PullRecord,
  type TaskPathRecord,
  type TaskRecord,
} from "./tasks/records.ts";
import { keptUsers, type UserRecord } from "./users/records.ts";

/** The state as plain data. */
export type SnapshotRecord =
  | StateRecord
  | NamespaceRecord
  | SlotRecord
  | SessionRecord
  | LockRecord
  | TaskPathRecord
  | TaskRecord
  | PullRecord
  | ApiTokenRecord
  | UserRecord;

export interface StateRecord extends Counters {
  readonly type: "state";
  readonly limits: Limits;
  readonly forgottenNumber: LockNumber;
  /** Keys of all locks: the table makes room for them at once. */
  readonly keyCount: number;
  /** Tasks: the same. In a snapshot of an older program absent, because there were none. */
  readonly taskCount?: number;
}

type RecordOf<Type extends SnapshotRecord["type"]> = Extract<SnapshotRecord, { type: Type }>;

const keptState: Kept<State, StateRecord> = {
  *records({ index, at, lastToken, advancedBy, limits, locks, tasks }) {
    const { forgottenNumber, keys } = locks;
    const counters = { index, at, lastToken, advancedBy, forgottenNumber };
    yield { type: "state", ...counters, limits, keyCount: keys.size, taskCount: tasks.byId.size };
  },
  restore(state, { type: _, forgottenNumber, keyCount, taskCount = 0, limits, ...counters }) {
    Object.assign(state, counters satisfies Counters);
    state.limits = { ...limitsBefore, ...limits };
    state.locks.forgottenNumber = forgottenNumber;
    reserve(state.locks.keys, keyCount);
    reserve(state.tasks.byId, taskCount);
  },
};

/** How each kind of record is taken and restored, in the order in which that must happen. */
const kept: { readonly [Type in SnapshotRecord["type"]]: Kept<State, RecordOf<Type>> } = {
  state: keptState,
  namespace: keptNamespaces,
  slot: keptSlots,
  user: keptUsers,
  session: keptSessions,
  lock: keptLocks,
  task_path: keptTaskPaths,
  task: keptTasks,
  pull: keptPulls,
  api_token: keptApiTokens,
};

/** Beside these a snapshot holds only what a newer program has written. */
export const snapshotRecordTypes: ReadonlySet<string> = new Set(Object.keys(kept));

/** The state between two entries. It must not change while the records are taken. */
export function* snapshot(state: State): Iterable<SnapshotRecord> {
  for (const { records } of Object.values(kept)) yield* records(state);
}

/** The state that the records describe. Throws `TypeError` when they describe none. */
export function restore(records: Iterable<SnapshotRecord>): State {
  const state = createState();
  for (const record of records) {
    (kept[record.type] as Kept<State, SnapshotRecord>).restore(state, record);
  }
  return state;
}
