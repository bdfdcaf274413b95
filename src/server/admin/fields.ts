/** Reads what an operator's request says. Throws `AdminError` with 400 for what it must not say. */
import type { Path } from "../../core/command.ts";
import { operatorLengthMax } from "../../core/limits.ts";
import { AdminError } from "./error.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(body: unknown): Fields {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Fields;
  throw badRequest("the body must be an object");
}

/** `undefined`: it is not there. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || isText(value)) return value;
  throw badRequest(`${name} must be a text`);
}

export function requiredText(fields: Fields, name: string): string {
  const value = textField(fields, name);
  if (value === undefined || value === "") throw badRequest(`${name} is missing`);
  return value;
}

/** Who asks, for the log. */
export function operatorField(fields: Fields): string {
  const by = requiredText(fields, "by");
  if (by.length <= operatorLengthMax) return by;
  throw badRequest(`by has at most ${operatorLengthMax} characters`);
}

export function pathField(fields: Fields, name: string): Path {
  const value = fields[name];
  if (Array.isArray(value) && value.every(isText)) return value;
  throw badRequest(`${name} must be an array of texts`);
}

export function flagField(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === "boolean") return value;
  throw badRequest(`${name} must be true or false`);
}

export function countField(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw badRequest(`${name} must be a whole number from 1 on`);
}

/** How many to list. */
export function limitParameter(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return listedDefault;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= listedMax) return limit;
  throw badRequest(`limit must be a whole number from 1 to ${listedMax}`);
}

const listedDefault = 1_000;
/** Listed in one turn of the event loop, which takes some 10 ms. */
const listedMax = 10_000;

/** A lone surrogate would come to the log as another text than it was compared as. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function badRequest(message: string): AdminError {
  return new AdminError(400, "bad_request", message);
}
