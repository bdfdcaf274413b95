const units = [
  { name: "h", ms: 3_600_000 },
  { name: "m", ms: 60_000 },
  { name: "s", ms: 1_000 },
  { name: "ms", ms: 1 },
] as const;

/** The longest wait of a Node timer, in whole hours. */
export const durationMax = "596h";

const form = /^(?:(?<h>\d+)h)?(?:(?<m>\d+)m)?(?:(?<s>\d+)s)?(?:(?<ms>\d+)ms)?$/;

/** Parses `500ms`, `10s`, `5m` or `1h30m` to milliseconds; `undefined` for any other text. */
export function parseDuration(text: string): number | undefined {
  const parts = form.exec(text)?.groups;
  if (text === "" || parts === undefined) return undefined;
  return units.reduce((sum, { name, ms }) => sum + Number(parts[name] ?? 0) * ms, 0);
}

/** The shortest text that `parseDuration` parses to these milliseconds. */
export function formatDuration(ms: number): string {
  let rest = ms;
  let text = "";
  for (const unit of units) {
    const count = Math.floor(rest / unit.ms);
    if (count > 0) text += `${count}${unit.name}`;
    rest -= count * unit.ms;
  }
  return text === "" ? "0s" : text;
}
