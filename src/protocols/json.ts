import { codes } from "./json-bytes.ts";

/** The text is not JSON, is nested too deeply, or has too much in it. The message is a short reason, fit for a client. */
export class JsonError extends Error {
  override readonly name = "JsonError";
}

/**
 * Objects and arrays in one text. Reading a text is work that cannot be divided, and 1 MiB of tiny objects takes ten
 * times as long as 1 MiB of ordinary records, which are some 10,000.
 */
export const containersMax = 32_768;

/** Different names of members in one text. The parser keeps each: 100,000 take 80 ms, as many equal ones 10. */
export const namesMax = 32_768;

/**
 * The first JSON value of the text. Ignores everything behind it, as stream decoders do. Throws
 * `JsonError`, for nesting beyond `depthMax` before any parsing. Keys such as `__proto__` become own
 * properties like any other, so take care with fields that an object may inherit.
 */
export function parseJson(text: string, depthMax: number): unknown {
  // A value of depth n has n brackets to open and n to close.
  if (text.length > 2 * depthMax) return parseFirstValue(text, depthMax);
  try {
    return JSON.parse(text);
  } catch {
    return parseFirstValue(text, depthMax);
  }
}

/**
 * The value of a text that holds JSON and nothing else (RFC 8259). Throws `JsonError`, for nesting beyond
 * `depthMax` before any parsing; the reason may concern the first value alone.
 */
export function parseWholeJson(text: string, depthMax: number): unknown {
  if (text.length > 2 * depthMax) firstValueEnd(text, depthMax);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new JsonError(reasonOf(cause, text), { cause });
  }
}

/**
 * The keys of the object that is the first value of the text, in order and with duplicates, which a parsed
 * object hides. `parseJson` must have parsed the text to an object.
 */
export function objectKeys(text: string): readonly string[] {
  const keys: string[] = [];
  let depth = 0;
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case codes.quote: {
        const end = stringEnd(text, at);
        if (isKeyNext) keys.push(JSON.parse(text.slice(at, end + 1)));
        isKeyNext = false;
        at = end;
        break;
      }
      case codes.openBrace:
      case codes.openBracket:
        depth++;
        isKeyNext = depth === 1;
        break;
      case codes.comma:
        isKeyNext = depth === 1;
        break;
      case codes.closeBrace:
      case codes.closeBracket:
        depth--;
        if (depth === 0) return keys;
    }
  }
  return keys;
}

function parseFirstValue(text: string, depthMax: number): unknown {
  const value = text.slice(0, firstValueEnd(text, depthMax));
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw new JsonError(reasonOf(cause, value), { cause });
  }
}

function firstValueEnd(text: string, depthMax: number): number {
  const { end, memberCount } = measured(text, depthMax);
  if (memberCount > namesMax && hasTooManyNames(text, end)) throw new JsonError("too many names");
  return end;
}

/** Finds only brackets, colons and strings; the parser checks everything between them. */
function measured(
  text: string,
  depthMax: number,
): { readonly end: number; readonly memberCount: number } {
  const start = text.search(/[^ \t\n\r]/);
  if (start === -1) throw new JsonError("unexpected EOF");
  if (!'{["'.includes(text.charAt(start))) return { end: scalarEnd(text, start), memberCount: 0 };
  let depth = 0;
  let memberCount = 0;
  let containers = 0;
  for (let at = start; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case codes.quote:
        at = stringEnd(text, at);
        if (depth === 0) return { end: at + 1, memberCount };
        break;
      case codes.colon:
        memberCount++;
        break;
      case codes.openBrace:
      case codes.openBracket:
        depth++;
        containers++;
        if (containers > containersMax) throw new JsonError("too many objects and arrays");
        if (depth > depthMax) throw new JsonError("exceeded max depth");
        break;
      case codes.closeBrace:
      case codes.closeBracket:
        depth--;
        if (depth === 0) return { end: at + 1, memberCount };
    }
  }
  return { end: text.length, memberCount };
}

/** Whether there are too many among the strings before colons, as they are written. */
function hasTooManyNames(text: string, end: number): boolean {
  const names = new Set<string>();
  let last = "";
  for (let at = 0; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) {
      const close = stringEnd(text, at);
      last = text.slice(at, close);
      at = close;
    } else if (code === codes.colon) {
      names.add(last);
      if (names.size > namesMax) return true;
    }
  }
  return false;
}

/** The place of the closing quote, or the end of the text without one. */
function stringEnd(text: string, opening: number): number {
  for (let at = opening + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === codes.quote) return at;
    if (code === codes.backslash) at++;
  }
  return text.length;
}

function scalarEnd(text: string, start: number): number {
  const length = text.slice(start).search(/[\s[\]{}",:]/);
  return length === -1 ? text.length : start + Math.max(length, 1);
}

/** How V8's messages begin, and the text behind `invalid character 'x'` for each. */
const complaints: readonly (readonly [v8: string, words: string])[] = [
  ["Expected property name", "looking for beginning of object key string"],
  ["Expected double-quoted property name", "looking for beginning of object key string"],
  ["Expected ':'", "after object key"],
  ["Expected ',' or '}'", "after object key:value pair"],
  ["Expected ',' or ']'", "after array element"],
  ["Bad control character", "in string literal"],
  ["Bad escaped character", "in string escape code"],
  ["Bad Unicode escape", "in \\u hexadecimal character escape"],
  ["No number after minus sign", "in numeric literal"],
  ["Unterminated fractional number", "in numeric literal"],
  ["Exponent part", "in numeric literal"],
];

/**
 * The reason in the words of Go's encoding/json, which clients of the upstream servers know from their
 * logs. V8 names either the offending token or its position, and neither when the text ends too early.
 */
function reasonOf(error: unknown, text: string): string {
  const { message } = error as SyntaxError;
  const position = /at position (\d+)/.exec(message)?.[1];
  const token = /^Unexpected token '(.)'/su.exec(message)?.[1];
  const found = position === undefined ? token?.codePointAt(0) : text.codePointAt(Number(position));
  if (found === undefined) return "unexpected EOF";
  const words = complaints.find(([v8]) => message.startsWith(v8))?.[1];
  return `invalid character ${quoted(found)} ${words ?? "looking for beginning of value"}`;
}

function quoted(codePoint: number): string {
  const character = String.fromCodePoint(codePoint);
  if (character === "'") return "'\\''";
  return character === '"' ? "'\"'" : `'${JSON.stringify(character).slice(1, -1)}'`;
}
