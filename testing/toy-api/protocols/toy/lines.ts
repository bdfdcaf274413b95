import { grown } from "../growing.ts";

/** Bytes as they arrive, to be cut into lines. */
export interface Lines {
  readonly lineBytesMax: number;
  /** Its first `begunBytes` bytes are the beginning of a line whose end has not arrived. */
  begun: Buffer;
  begunBytes: number;
  /** The bytes behind that, not searched for the end of a line yet. */
  rest: Uint8Array;
}

export const lineEnd = Buffer.from("\n");

const nothing = Buffer.alloc(0);

export function createLines(lineBytesMax: number): Lines {
  return { lineBytesMax, begun: nothing, begunBytes: 0, rest: nothing };
}

export function feed(lines: Lines, bytes: Uint8Array): void {
  lines.rest = lines.rest.length === 0 ? bytes : Buffer.concat([lines.rest, bytes]);
}

/** Cuts off the next line, without its end; `undefined` while its end has not arrived. */
export function nextLine(lines: Lines): Uint8Array | "too_long" | undefined {
  const { rest, lineBytesMax, begunBytes } = lines;
  const end = rest.indexOf(lineEnd[0] as number);
  const isWhole = end !== -1;
  const piece = isWhole ? rest.subarray(0, end) : rest;
  if (begunBytes + piece.length > lineBytesMax) return "too_long";
  lines.rest = isWhole ? rest.subarray(end + 1) : nothing;
  if (isWhole && begunBytes === 0) return piece;
  lines.begunBytes += piece.length;
  lines.begun = grown(lines.begun, begunBytes, lines.begunBytes);
  lines.begun.set(piece, begunBytes);
  if (!isWhole) return undefined;
  const line = lines.begun.subarray(0, lines.begunBytes);
  lines.begun = nothing;
  lines.begunBytes = 0;
  return line;
}

export function lineOf(value: object): string {
  return `${JSON.stringify(value)}\n`;
}
