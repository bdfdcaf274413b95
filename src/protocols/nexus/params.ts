/**
 * The parameters of a call. They are read leniently, since clients write the same value in several ways;
 * docs/protocols/nexus.md, section 5.
 */
import type { JsonText } from "../../core/ids.ts";
import { membersOf, stringIn } from "../../core/json-members.ts";

export interface Params {
  /** As they came; `undefined` if there are none. */
  readonly whole: JsonText | undefined;
  /** Empty for parameters that are no object. */
  readonly members: ReadonlyMap<string, JsonText>;
}

const noMembers: Params["members"] = new Map();

export function paramsIn(whole: JsonText | undefined): Params {
  return { whole, members: (whole && membersOf(whole)) ?? noMembers };
}

/** A text; of a number or a boolean as it is written. `undefined` for anything else. */
export function textIn(value: JsonText | undefined): string | undefined {
  if (value === undefined) return undefined;
  // UTF-8, and so the log, cannot hold a lone surrogate: it becomes U+FFFD.
  const text = stringIn(value)?.toWellFormed();
  return text ?? (isNumber(value) || isBoolean(value) ? value : undefined);
}

/** A number, 1 or 0 for a boolean, or a text that is a number. `undefined` for anything else. */
export function numberIn(value: JsonText | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (isBoolean(value)) return value === "true" ? 1 : 0;
  const text = stringIn(value);
  if (text === undefined) return isNumber(value) ? Number(value) : undefined;
  return decimal.test(text) ? Number(text) : undefined;
}

/** Its parts cannot share a digit, or the time would grow with the square of the digits. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** A whole number: a number without its fraction, 1 or 0 for a boolean, or a text in digits. */
export function integerIn(value: JsonText | undefined): number | undefined {
  const text = value === undefined ? undefined : stringIn(value);
  if (text !== undefined) return wholeNumberIn(text);
  const number = numberIn(value);
  return number === undefined || !Number.isFinite(number) ? undefined : Math.trunc(number);
}

/** A boolean: a number is true unless it is 0, and so is a text in digits. The text `true` is none. */
export function booleanIn(value: JsonText | undefined): boolean | undefined {
  const text = value === undefined ? undefined : stringIn(value);
  if (text === undefined) {
    const number = numberIn(value);
    return number === undefined ? undefined : number !== 0;
  }
  const number = /^[+-]/.test(text) ? undefined : wholeNumberIn(text);
  return number === undefined ? undefined : number !== 0;
}

/** Decimal, or with the prefix of another base. */
function wholeNumberIn(text: string): number | undefined {
  const [, sign, digits = ""] = /^([+-]?)(0x[\da-f]+|0b[01]+|0o?[0-7]+|\d+)$/i.exec(text) ?? [];
  if (digits === "") return undefined;
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  return (sign === "-" ? -1 : 1) * Number(octal);
}

function isNumber(value: JsonText): boolean {
  return /^[-\d]/.test(value);
}

function isBoolean(value: JsonText): boolean {
  return value === "true" || value === "false";
}
