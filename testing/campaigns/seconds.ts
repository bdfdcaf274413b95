const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `10m` is 600. Throws `RangeError` for what is no such time. */
export function readSeconds(text: string): number {
  const [, count, unit] = /^(\d+)([smh])$/.exec(text) ?? [];
  const seconds = unitSeconds[unit ?? ""];
  if (count === undefined || seconds === undefined) {
    throw new RangeError(`${text} is no time; those are 30s, 10m, 2h`);
  }
  return Number(count) * seconds;
}
