/** How one kind of thing is kept in snapshots. */
export interface Kept<State, SnapshotRecord> {
  /** All of them as plain data, in the order in which they must be restored. */
  records(state: State): Iterable<SnapshotRecord>;
  /** Adds one to a state that has everything of the kinds before. Throws `TypeError` when it cannot be. */
  restore(state: State, record: SnapshotRecord): void;
}
