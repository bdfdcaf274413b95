/**
 * What one lock request may ask for, and how much there may be of anything. The configured values travel
 * in `set_limits`, so that every replay applies the ones that were in force.
 */
export interface Limits {
  /** UTF-8 bytes of a namespace or of one path segment. */
  readonly nameBytesMax: number;
  /** Segments of one path. */
  readonly pathSegmentsMax: number;
  /** Claims of one request. */
  readonly claimsMax: number;
  /** Requests that one session may hold or wait for at once. */
  readonly locksPerSessionMax: number;
  /**
   * Bytes of the requests that one session may hold or wait for at once, as costs.ts counts them. They end together,
   * in one entry, during which everybody waits.
   */
  readonly stateBytesPerSessionMax: number;
  /** Visits of one request to the tree of paths: for each of its claims one per segment, and one of the root. */
  readonly visitsPerRequestMax: number;
  /** Tasks that one session has pushed and waits for, its pulls, and tasks that it works at, together. */
  readonly tasksPerSessionMax: number;
  /** Sessions that may be open at once. */
  readonly sessionsMax: number;
  /** Idle names that keep their slot size, and idle namespaces that keep their count. */
  readonly idleNamesMax: number;
  /** Bytes of everything in the state, as costs.ts counts them. */
  readonly stateBytesMax: number;
  /** Bytes, sessions, granted requests and waiting requests of one address, or of one IPv6 network. */
  readonly stateBytesPerAddressMax: number;
  readonly sessionsPerAddressMax: number;
  readonly locksPerAddressMax: number;
  readonly waitersPerAddressMax: number;
}

const gibibyte = 1024 ** 3;

export const limitsDefault: Limits = {
  nameBytesMax: 1024,
  pathSegmentsMax: 64,
  claimsMax: 1024,
  locksPerSessionMax: 100_000,
  stateBytesPerSessionMax: gibibyte / 8,
  visitsPerRequestMax: 3072,
  tasksPerSessionMax: 10_000,
  sessionsMax: 1_000_000,
  idleNamesMax: 100_000,
  // A server takes these two from its heap.
  stateBytesMax: gibibyte,
  stateBytesPerAddressMax: (7 * gibibyte) / 8,
  sessionsPerAddressMax: 100_000,
  locksPerAddressMax: 1_000_000,
  waitersPerAddressMax: 100_000,
};

/** More than there can be of anything. */
const unlimited = Number.MAX_SAFE_INTEGER;

/**
 * In force before the first `set_limits`, and where one of an older program says nothing: there, these bounds
 * did not exist, and a replay must accept what was accepted then.
 */
export const limitsBefore: Limits = {
  ...limitsDefault,
  stateBytesPerSessionMax: unlimited,
  visitsPerRequestMax: unlimited,
  stateBytesMax: unlimited,
  stateBytesPerAddressMax: unlimited,
  sessionsPerAddressMax: unlimited,
  locksPerAddressMax: unlimited,
  waitersPerAddressMax: unlimited,
};

/** The last part of `stateBytesMax`, one in so many bytes, is for operators. */
const operatorsPart = 64;

/** How far clients may fill the state. */
export function clientBytesMax({ stateBytesMax }: Limits): number {
  return stateBytesMax - Math.floor(stateBytesMax / operatorsPart);
}

/** The longest wait, lease or grace: 2^31 - 1 seconds, the longest that any of the APIs can express. */
export const durationMsMax = (2 ** 31 - 1) * 1000;

/** Whether it is a length of time in milliseconds, as waits and leases have. */
export function isDuration(durationMs: number): boolean {
  return Number.isInteger(durationMs) && durationMs >= 0 && durationMs <= durationMsMax;
}

/**
 * How many numbers one `advance` skips at most: as many as the busiest server could have given in
 * seventeen years. No number ever reaches 2^53, so there is room for several of these.
 */
export const advanceMax = 2 ** 49;

/** UTF-16 code units of the text that names an operator. */
export const operatorLengthMax = 256;

/** UTF-16 code units of each text that says where a session comes from. */
export const originLengthMax = 256;

/** API tokens at once; all of them are listed in one turn of the event loop. */
export const apiTokensMax = 10_000;

/** Users at once. */
export const usersMax = 100_000;

/** Bytes of one user with its tags and lists, as costs.ts counts them. Each login copies them. */
export const userBytesMax = 256 * 1024;

/** The most holders that a slot path may have; the largest int32. */
export const slotSizeMax = 2 ** 31 - 1;

/** Whether the text takes more than `bytesMax` bytes in UTF-8 (RFC 3629). */
export function isLongerThan(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false;
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (bytes > bytesMax) return true;
  }
  return false;
}
