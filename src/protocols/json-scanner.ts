import { codes, isDigit, isHexDigit, isJsonSpace } from "./json-bytes.ts";

/**
 * Reads one JSON value (RFC 8259) byte by byte, without keeping it. It finds the end of the value, and a fault as soon
 * as the byte that makes it has arrived.
 */
export interface JsonScanner {
  readonly limits: JsonScannerLimits;
  state: State;
  /** Whether each open container is an object, up to `depth`; the innermost one is the last. */
  readonly containers: boolean[];
  /** Open containers. */
  depth: number;
  /** Objects and arrays so far. */
  containerCount: number;
  /** Members of the outermost objects so far. */
  memberCount: number;
  /** Whether the string that is being read is a key. */
  isKey: boolean;
  /** What is still to come of a literal such as `true`, or hexadecimal digits of an escape. */
  pending: string;
}

export interface JsonScannerLimits {
  readonly depthMax: number;
  /** Objects and arrays in one value. */
  readonly containersMax: number;
  /** Members of the value and of the objects right in it: those that are read one by one, whatever they hold. */
  readonly membersMax: number;
}

export type JsonFault = "syntax" | "too_deep" | "too_many_containers" | "too_many_members";

/** What `scan` has found, and how many bytes it has read of those that it was given. */
export interface Scanned {
  readonly outcome: "unfinished" | "whole" | JsonFault;
  /** Up to the end of the value, or up to the byte that makes the fault, without that byte. */
  readonly end: number;
}

const states = {
  value: 0,
  /** Behind `[`: a value, or the end of the array. */
  element: 1,
  /** Behind `{`: a key, or the end of the object. */
  member: 2,
  key: 3,
  colon: 4,
  /** Behind a value in a container: a comma, or the end of the container. */
  comma: 5,
  string: 6,
  escape: 7,
  /** Within four hexadecimal digits. */
  hex: 8,
  literal: 9,
  minus: 10,
  zero: 11,
  integer: 12,
  point: 13,
  fraction: 14,
  exponent: 15,
  exponentSign: 16,
  exponentDigits: 17,
} as const;

type State = (typeof states)[keyof typeof states];

export function createJsonScanner(limits: JsonScannerLimits): JsonScanner {
  return {
    limits,
    state: states.value,
    containers: [],
    depth: 0,
    containerCount: 0,
    memberCount: 0,
    isKey: false,
    pending: "",
  };
}

/**
 * Goes on with the value. A number that stands alone ends with the byte behind it, which must be white space or begin
 * another value. Behind the end of the value the next one can follow; behind a fault only what `resetJsonScanner` has
 * prepared for.
 */
export function scan(scanner: JsonScanner, bytes: Uint8Array): Scanned {
  for (let at = 0; at < bytes.length; at += 1) {
    if (scanner.state === states.string) {
      at = plainEnd(bytes, at);
      if (at === bytes.length) break;
    }
    const verdict = take(scanner, bytes[at] as number);
    if (verdict === "goes_on") continue;
    if (verdict === "whole" || verdict === "whole_before") {
      resetJsonScanner(scanner);
      return { outcome: "whole", end: verdict === "whole" ? at + 1 : at };
    }
    return { outcome: verdict, end: at };
  }
  return { outcome: "unfinished", end: bytes.length };
}

/** Makes it forget the value that it is in. */
export function resetJsonScanner(scanner: JsonScanner): void {
  scanner.state = states.value;
  scanner.depth = 0;
  scanner.containerCount = 0;
  scanner.memberCount = 0;
}

/** `whole_before`: the value has ended before this byte. */
type Verdict = "goes_on" | "whole" | "whole_before" | JsonFault;

/** The place of the next byte that means something within a string. */
function plainEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] as number;
    if (byte === codes.quote || byte === codes.backslash || byte < codes.space) break;
  }
  return at;
}

function take(scanner: JsonScanner, byte: number): Verdict {
  switch (scanner.state) {
    case states.string:
      return takeInString(scanner, byte);
    case states.escape:
      return takeEscaped(scanner, byte);
    case states.hex:
      return isHexDigit(byte) ? takePending(scanner, states.string) : "syntax";
    case states.literal:
      return takeInLiteral(scanner, byte);
    case states.value:
    case states.element:
    case states.member:
    case states.key:
    case states.colon:
    case states.comma:
      return isJsonSpace(byte) ? "goes_on" : takeToken(scanner, byte);
    default:
      return takeInNumber(scanner, byte);
  }
}

/** Where white space may stand, and none does. */
function takeToken(scanner: JsonScanner, byte: number): Verdict {
  switch (scanner.state) {
    case states.element:
      return byte === codes.closeBracket ? endContainer(scanner) : beginValue(scanner, byte);
    case states.member:
      return byte === codes.closeBrace ? endContainer(scanner) : beginKey(scanner, byte);
    case states.key:
      return beginKey(scanner, byte);
    case states.colon:
      return byte === codes.colon ? beginMember(scanner) : "syntax";
    case states.comma:
      return takeBehindValue(scanner, byte);
    default:
      return beginValue(scanner, byte);
  }
}

function beginValue(scanner: JsonScanner, byte: number): Verdict {
  switch (byte) {
    case codes.openBrace:
      return beginContainer(scanner, true);
    case codes.openBracket:
      return beginContainer(scanner, false);
    case codes.quote:
      scanner.isKey = false;
      return goOn(scanner, states.string);
    case codes.minus:
      return goOn(scanner, states.minus);
    case codes.zero:
      return goOn(scanner, states.zero);
    default:
      return isDigit(byte) ? goOn(scanner, states.integer) : beginLiteral(scanner, byte);
  }
}

function beginContainer(scanner: JsonScanner, isObject: boolean): Verdict {
  const { containers, limits } = scanner;
  if (scanner.depth >= limits.depthMax) return "too_deep";
  scanner.containerCount += 1;
  if (scanner.containerCount > limits.containersMax) return "too_many_containers";
  containers[scanner.depth] = isObject;
  scanner.depth += 1;
  return goOn(scanner, isObject ? states.member : states.element);
}

function endContainer(scanner: JsonScanner): Verdict {
  scanner.depth -= 1;
  return endValue(scanner);
}

function endValue(scanner: JsonScanner): Verdict {
  return scanner.depth === 0 ? "whole" : goOn(scanner, states.comma);
}

function takeBehindValue(scanner: JsonScanner, byte: number): Verdict {
  const isObject = scanner.containers[scanner.depth - 1];
  if (byte === codes.comma) return goOn(scanner, isObject ? states.key : states.value);
  const close = isObject ? codes.closeBrace : codes.closeBracket;
  return byte === close ? endContainer(scanner) : "syntax";
}

function beginKey(scanner: JsonScanner, byte: number): Verdict {
  if (byte !== codes.quote) return "syntax";
  scanner.isKey = true;
  return goOn(scanner, states.string);
}

/** Containers down to which members count. */
const outerDepth = 2;

function beginMember(scanner: JsonScanner): Verdict {
  if (scanner.depth <= outerDepth) scanner.memberCount += 1;
  if (scanner.memberCount > scanner.limits.membersMax) return "too_many_members";
  return goOn(scanner, states.value);
}

function takeInString(scanner: JsonScanner, byte: number): Verdict {
  if (byte === codes.backslash) return goOn(scanner, states.escape);
  if (byte < codes.space) return "syntax";
  if (byte !== codes.quote) return "goes_on";
  return scanner.isKey ? goOn(scanner, states.colon) : endValue(scanner);
}

/** The characters behind a backslash, beside `u`. */
const escapes = new Set(Buffer.from('"\\/bfnrt'));

function takeEscaped(scanner: JsonScanner, byte: number): Verdict {
  if (escapes.has(byte)) return goOn(scanner, states.string);
  if (byte !== codes.lowerU) return "syntax";
  scanner.pending = "0000";
  return goOn(scanner, states.hex);
}

const literals = ["true", "false", "null"] as const;

function beginLiteral(scanner: JsonScanner, byte: number): Verdict {
  const literal = literals.find((each) => each.charCodeAt(0) === byte);
  if (literal === undefined) return "syntax";
  scanner.pending = literal.slice(1);
  return goOn(scanner, states.literal);
}

function takeInLiteral(scanner: JsonScanner, byte: number): Verdict {
  if (byte !== scanner.pending.charCodeAt(0)) return "syntax";
  takePending(scanner, states.literal);
  return scanner.pending === "" ? endValue(scanner) : "goes_on";
}

/** Takes what was still to come; behind the last of it, goes on there. */
function takePending(scanner: JsonScanner, behind: State): Verdict {
  scanner.pending = scanner.pending.slice(1);
  return scanner.pending === "" ? goOn(scanner, behind) : "goes_on";
}

function takeInNumber(scanner: JsonScanner, byte: number): Verdict {
  const next = goesOnInNumber(scanner.state, byte);
  if (next !== undefined) return goOn(scanner, next);
  if (!endsOfNumbers.has(scanner.state)) return "syntax";
  if (scanner.depth === 0) return canStandBehind(byte) ? "whole_before" : "syntax";
  scanner.state = states.comma;
  return isJsonSpace(byte) ? "goes_on" : takeBehindValue(scanner, byte);
}

/** The states in which a number may be over. */
const endsOfNumbers: ReadonlySet<State> = new Set([
  states.zero,
  states.integer,
  states.fraction,
  states.exponentDigits,
]);

/** The state behind one more byte of a number; `undefined` if the byte cannot belong to it. */
function goesOnInNumber(state: State, byte: number): State | undefined {
  switch (state) {
    case states.minus:
      if (byte === codes.zero) return states.zero;
      return isDigit(byte) ? states.integer : undefined;
    case states.zero:
    case states.integer:
      if (state === states.integer && isDigit(byte)) return state;
      return byte === codes.point ? states.point : exponentBehind(byte);
    case states.point:
      return isDigit(byte) ? states.fraction : undefined;
    case states.fraction:
      return isDigit(byte) ? state : exponentBehind(byte);
    case states.exponent:
      if (byte === codes.plus || byte === codes.minus) return states.exponentSign;
      return isDigit(byte) ? states.exponentDigits : undefined;
    default:
      return isDigit(byte) ? states.exponentDigits : undefined;
  }
}

function exponentBehind(byte: number): State | undefined {
  return byte === codes.lowerE || byte === codes.upperE ? states.exponent : undefined;
}

/** Whether the byte may stand behind a number that is a value of its own. */
function canStandBehind(byte: number): boolean {
  return (
    isJsonSpace(byte) ||
    byte === codes.openBrace ||
    byte === codes.openBracket ||
    byte === codes.quote
  );
}

function goOn(scanner: JsonScanner, state: State): "goes_on" {
  scanner.state = state;
  return "goes_on";
}
