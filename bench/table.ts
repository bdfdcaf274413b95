/** A Markdown table whose columns stand in line; all but the first are aligned to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => widthOf(rows, column)) ?? [];
  const ruler = widths.map((width, column) => ruling(width, column));
  const lines = rows.map((row) => row.map((cell, column) => padded(cell, column)));
  return [...lines.slice(0, 1), ruler, ...lines.slice(1)]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");

  function padded(cell: string, column: number): string {
    const width = widths[column] ?? 0;
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  }
}

function widthOf(rows: readonly (readonly string[])[], column: number): number {
  return Math.max(3, ...rows.map((row) => row[column]?.length ?? 0));
}

function ruling(width: number, column: number): string {
  return column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`;
}

/** `1234567` as `1,234,567`. */
export function whole(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",");
}

export function percent(ratio: number): string {
  return `${(100 * ratio).toFixed(0)} %`;
}
