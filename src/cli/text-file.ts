import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";

/** The text of a file in UTF-8. Throws as `node:fs` does, and for other encodings, with the place. */
export function readTextFile(path: string): string {
  return textOf(readFileSync(path));
}

/** Node would put U+FFFD for what is not UTF-8, in silence, also into passwords. */
export function textOf(bytes: Uint8Array): string {
  if (isUtf16(bytes)) throw new Error("it is UTF-16; save it as UTF-8");
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Error(`line ${firstBadLine(bytes)} is not UTF-8; save the file as UTF-8`);
  }
}

/** Drops a byte order mark. */
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A byte order mark, or every other one of the first two characters a zero, as in Latin text. */
function isUtf16([first, second, third, fourth]: Uint8Array): boolean {
  const mark = ((first ?? 0) << 8) | (second ?? 0);
  if (mark === 0xfeff || mark === 0xfffe) return true;
  return (first === 0 && third === 0) || (second === 0 && fourth === 0);
}

const lineFeed = 0x0a;

/** Counted from 1. No character of UTF-8 but the line feed has its byte. */
function firstBadLine(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(lineFeed, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    if (!isUtf8(bytes.subarray(start, end))) break;
    start = end;
  }
  return line;
}
