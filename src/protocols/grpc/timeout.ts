/** The milliseconds of each unit of `grpc-timeout`. */
const unitMs = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 } as const;

/**
 * Parses the header `grpc-timeout`, up to 8 digits and a unit, to whole milliseconds, at least 1.
 * `undefined` for any other text.
 */
export function parseTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  return Math.max(1, Math.ceil(Number(digits) * unitMs[unit as keyof typeof unitMs]));
}
