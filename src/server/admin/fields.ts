/** Reads the members and parameters of an operator's request. Throws `AdminError` 400 for invalid ones. */
import type { Path } from "../../core/command.ts";
import { operatorLengthMax } from "../../core/limits.ts";
import { AdminError } from "./error.ts";

export type BodyFields = Readonly<Record<string, unknown>>;

export function fieldsOf(body: unknown): BodyFields {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as BodyFields;
  throw badRequest("the body must be an object");
}

/** `undefined` when it is absent. */
export function textField(fields: BodyFields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || isText(value)) return value;
  throw badRequest(`${name} must be a text`);
}

export function requiredText(fields: BodyFields, name: string): string {
  const value = textField(fields, name);
  if (value === undefined || value === "") throw badRequest(`${name} is missing`);
  return value;
}

/** The operator's name, for the log. */
export function operatorField(fields: BodyFields): string {
  const by = requiredText(fields, "by");
  if (by.length <= operatorLengthMax) return by;
  throw badRequest(`by has at most ${operatorLengthMax} characters`);
}

export function pathField(fields: BodyFields, name: string): Path {
  const value = fields[name];
  if (Array.isArray(value) && value.every(isText)) return value;
  throw badRequest(`${name} must be an array of texts`);
}

export function flagField(fields: BodyFields, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value === "boolean") return value;
  throw badRequest(`${name} must be true or false`);
}

export function countField(fields: BodyFields, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw badRequest(`${name} must be a whole number from 1 on`);
}

/** How many items to list. */
export function limitParameter(query: URLSearchParams): number {
  const text = query.get("limit");
  if (text === null) return listedDefault;
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= listedMax) return limit;
  throw badRequest(`limit must be a whole number from 1 to ${listedMax}`);
}

const listedDefault = 1_000;
/** The server lists them in one turn of the event loop, which takes some 10 ms. */
const listedMax = 10_000;

/** A lone surrogate would reach the log as a different text from the one compared here. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function badRequest(message: string): AdminError {
  return new AdminError(400, "bad_request", message);
}
