/**
 * Takes JSON apart without reading it, so that what is only passed on, such as a message, stays as it came: numbers
 * beyond 2^53, `1.0` and the order of keys survive.
 */
import type { JsonText } from "./ids.ts";

const codes = {
  quote: 0x22,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
  space: 0x20,
} as const;

/** The members of an object by their names, each as text; `undefined` for a value that is no object. The last of several with one name counts. */
export function membersOf(text: JsonText): ReadonlyMap<string, JsonText> | undefined {
  const members = new Map<string, JsonText>();
  const isObject = visitMembers(text, (name, value) => void members.set(name, value));
  return isObject ? members : undefined;
}

/** Shows each member of an object by its name, in order. Returns whether the value is an object. */
export function visitMembers(
  text: JsonText,
  visit: (name: string, value: JsonText) => void,
): boolean {
  if (text.charCodeAt(0) !== codes.openBrace) return false;
  let at = beginningOf(text, 1);
  while (text.charCodeAt(at) !== codes.closeBrace) {
    const nameEnd = stringEnd(text, at);
    const value = beginningOf(text, text.indexOf(":", nameEnd) + 1);
    const end = valueEnd(text, value);
    visit(textOfString(part(text, at, nameEnd)), part(text, value, end));
    at = behindComma(text, end);
  }
  return true;
}

/** The elements of an array, at most so many, each as text; `undefined` for a value that is no array. */
export function elementsOf(
  text: JsonText,
  countMax = Number.POSITIVE_INFINITY,
): readonly JsonText[] | undefined {
  if (text.charCodeAt(0) !== codes.openBracket) return undefined;
  const elements: JsonText[] = [];
  let at = beginningOf(text, 1);
  while (elements.length < countMax && text.charCodeAt(at) !== codes.closeBracket) {
    const end = valueEnd(text, at);
    elements.push(part(text, at, end));
    at = behindComma(text, end);
  }
  return elements;
}

/** The characters of a string; `undefined` for a value that is no string. */
export function stringIn(text: JsonText): string | undefined {
  return text.charCodeAt(0) === codes.quote ? textOfString(text) : undefined;
}

/** The same value on one line, for clients that read an answer by lines. */
export function onOneLine(text: JsonText): JsonText {
  // A string cannot contain the end of a line, and few texts have one.
  const isOnOne = !text.includes("\n") && !text.includes("\r");
  return isOnOne ? text : (text.replaceAll(/[\r\n]/g, " ") as JsonText);
}

/** What a part of a text may keep beside itself, in characters. */
const besidesMax = 64;

/** V8 makes a copy of a shorter part, in characters. */
const sliceLengthMin = 13;

/**
 * A part of the text, which may be kept when the text is gone. V8 keeps the whole text for a slice of it, so the part is
 * a copy when that would be much more: a name of 13 characters could hold a message of 1 MiB.
 */
function part(text: JsonText, from: number, to: number): JsonText {
  const slice = text.slice(from, to) as JsonText;
  if (slice.length < sliceLengthMin) return slice;
  const besides = text.length - slice.length;
  return besides > Math.max(besidesMax, slice.length / 4) ? copyOf(slice) : slice;
}

/** V8 writes a text that was joined anew before it cuts it. */
function copyOf(text: JsonText): JsonText {
  return ` ${text}`.slice(1) as JsonText;
}

function textOfString(text: string): string {
  return text.includes("\\") ? JSON.parse(text) : text.slice(1, -1);
}

/** The place behind white space. */
function beginningOf(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= codes.space) at += 1;
  return at;
}

/** Where the next member or element begins; the closing bracket if there is none. */
function behindComma(text: string, valueEnd: number): number {
  const at = beginningOf(text, valueEnd);
  return text.charCodeAt(at) === codes.comma ? beginningOf(text, at + 1) : at;
}

/** The place behind the value. */
function valueEnd(text: string, start: number): number {
  switch (text.charCodeAt(start)) {
    case codes.quote:
      return stringEnd(text, start);
    case codes.openBrace:
    case codes.openBracket:
      return containerEnd(text, start);
    default:
      return scalarEnd(text, start);
  }
}

/** The place behind the closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  for (; text.charCodeAt(at) !== codes.quote; at += 1) {
    if (text.charCodeAt(at) === codes.backslash) at += 1;
  }
  return at + 1;
}

function containerEnd(text: string, start: number): number {
  let depth = 0;
  let at = start;
  do {
    switch (text.charCodeAt(at)) {
      case codes.quote:
        at = stringEnd(text, at) - 1;
        break;
      case codes.openBrace:
      case codes.openBracket:
        depth += 1;
        break;
      case codes.closeBrace:
      case codes.closeBracket:
        depth -= 1;
    }
    at += 1;
  } while (depth > 0);
  return at;
}

/** Numbers and literals end with white space, a comma, a bracket or the text. */
function scalarEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (
      code <= codes.space ||
      code === codes.comma ||
      code === codes.closeBracket ||
      code === codes.closeBrace
    ) {
      break;
    }
  }
  return at;
}
