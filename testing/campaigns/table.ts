import type { TableRow } from "./campaign.ts";

/** A table of Markdown; the columns are those of the first row. */
export function markdownTable(rows: readonly TableRow[]): string {
  const head = Object.keys(rows[0] ?? {});
  const body = rows.map((row) => head.map((column) => row[column] ?? ""));
  return tableOf([head, ...body]);
}

/** The first row is the head. */
export function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const ruler = head.map(() => "---");
  return [head, ruler, ...rows].map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
