/**
 * Makes clients' names safe for a terminal. A name is any text: an escape sequence in it could rewrite the
 * lines above, and a newline or a blank could make one lock look like two, or like another.
 */
import type { Claim, Path } from "../core/command.ts";

/** Invisible characters, those that move others, and all blanks except the space. */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]|(?! )[\p{Zs}\p{Zl}\p{Zp}]/gu;

/** Equivalent JSON in which nothing moves the cursor. */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(unseen, escaped);
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`).join("");
}

/** The text itself if it is unambiguous, otherwise a JSON string. */
export function textShown(text: string): string {
  return isPlain(text) ? text : safeJson(text);
}

/** A single unambiguous segment itself, otherwise a JSON array, which `--path` accepts. */
export function pathShown(path: Path): string {
  const [name, ...others] = path;
  return name !== undefined && others.length === 0 && isPlain(name) ? name : safeJson(path);
}

export function claimsShown(claims: readonly Claim[]): string {
  if (claims.length === 0) return none;
  return claims.map((claim) => `${pathShown(claim.path)}${modeShown(claim)}`).join(", ");
}

function modeShown(claim: Claim): string {
  switch (claim.mode) {
    case "exclusive":
      return "";
    case "shared":
      return " (shared)";
    case "slot":
      return claim.size === 1 ? "" : ` (one of ${claim.size})`;
  }
}

/** Stands for an absent value. */
export const none = "-";

/** Whether the text looks like neither JSON nor `-`, and has no blanks. */
function isPlain(text: string): boolean {
  if (text === "" || text === none || text.search(unseen) !== -1) return false;
  return /^[^\s"[\]{}(),\p{M}][^\s"(),]*$/u.test(text);
}

/** Rounded up to whole seconds: `1h2m3s`. */
export function spanShown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours > 0) return `${hours}h${minutes}m${seconds % 60}s`;
  return minutes > 0 ? `${minutes}m${seconds % 60}s` : `${seconds}s`;
}

/** Aligned columns with two blanks between them; the first row is the heading. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  );
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths?.[column] ?? 0)).join("  "))
    .map((line) => `${line.trimEnd()}\n`)
    .join("");
}
