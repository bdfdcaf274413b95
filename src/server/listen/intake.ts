/**
 * What one connection with many requests at once makes us keep of those that are not whole. Each of them has a
 * limit of its own, but thousands of them together would still be too much.
 */
export interface Intake {
  /** Whether there is room for so many bytes more; then they count. */
  take(bytes: number): boolean;
  /** They are kept no longer. */
  give(bytes: number): void;
}

export function createIntake(bytesMax: number): Intake {
  let bytesKept = 0;
  return {
    take(bytes) {
      if (bytesKept + bytes > bytesMax) return false;
      bytesKept += bytes;
      return true;
    },
    give(bytes) {
      bytesKept -= bytes;
    },
  };
}
