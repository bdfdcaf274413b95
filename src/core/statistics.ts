/** Counts of one namespace; what operators and the Locktopus statistics page see. */
export interface LockStatistics {
  /** The number of the last accepted request. */
  readonly lastNumber: number;
  readonly requestsWaiting: number;
  readonly requestsGranted: number;
  /** Claims of the waiting and of the granted requests. */
  readonly claimsWaiting: number;
  readonly claimsGranted: number;
  /** Places in which live claims are entered: for each claim one per segment of its path, and the root. */
  readonly visits: number;
  /** Distinct paths stored below the root: those of live claims with all their prefixes. */
  readonly paths: number;
  /** Segments of the stored paths, equal ones in different places counted once. */
  readonly segmentsDistinct: number;
}
