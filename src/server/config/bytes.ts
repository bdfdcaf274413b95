const units = [
  { name: "GiB", bytes: 2 ** 30 },
  { name: "MiB", bytes: 2 ** 20 },
  { name: "KiB", bytes: 2 ** 10 },
  { name: "B", bytes: 1 },
] as const;

/** Parses `64KiB`, `1MiB`, `2GiB`, `4096B` or a plain `4096` to bytes; `undefined` for any other text. */
export function parseBytes(text: string): number | undefined {
  const [, digits, name = "B"] = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(text) ?? [];
  const unit = units.find((candidate) => candidate.name === name);
  return digits === undefined || unit === undefined ? undefined : Number(digits) * unit.bytes;
}

/** Formats bytes in the largest unit that needs no fraction. */
export function formatBytes(bytes: number): string {
  const unit = units.find((candidate) => bytes >= candidate.bytes && bytes % candidate.bytes === 0);
  return unit === undefined ? "0B" : `${bytes / unit.bytes}${unit.name}`;
}
