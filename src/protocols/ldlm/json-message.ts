import { type Field, jsonName, type Message, type MessageType } from "../grpc/mod.ts";
import { JsonError, objectKeys, parseJson } from "../json.ts";
import { decodeUtf8 } from "../utf8.ts";

/** The body does not hold the message. The error's text is fit for a client. */
export class JsonMessageError extends Error {
  override readonly name = "JsonMessageError";
}

/**
 * Returns a reader for bodies that hold such a message, of strings and int32s, in the JSON of Protocol
 * Buffers (docs/protocols/ldlm.md, section 4.1). The reader throws `JsonMessageError`.
 */
export function messageReader<Type extends MessageType>({
  fields,
}: Type): (body: Uint8Array, depthMax: number) => Message<Type> {
  const nameOf = new Map<string, string>();
  for (const name of Object.keys(fields)) nameOf.set(name, name).set(jsonName(name), name);
  return (body, depthMax) => {
    const text = textOf(body);
    const object = parseObject(text, depthMax);
    const values = new Map<string, unknown>();
    for (const key of objectKeys(text)) {
      const name = nameOf.get(key);
      if (name === undefined) continue;
      if (values.has(name)) throw new JsonMessageError(`duplicate field "${key}"`);
      values.set(name, object[key]);
    }
    return Object.fromEntries(
      Object.entries(fields).map(([name, field]) => [
        name,
        readField(name, field, values.get(name)),
      ]),
    ) as Message<Type>;
  };
}

/** An empty body stands for an empty message. */
function textOf(body: Uint8Array): string {
  const text = decodeUtf8(body);
  if (text === undefined) throw new JsonMessageError("invalid UTF-8");
  return /[^ \t\n\r]/.test(text) ? text : "{}";
}

function parseObject(text: string, depthMax: number): Readonly<Record<string, unknown>> {
  const value = parse(text, depthMax);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new JsonMessageError("the body is not a JSON object");
  }
  return value as Readonly<Record<string, unknown>>;
}

function parse(text: string, depthMax: number): unknown {
  try {
    return parseJson(text, depthMax);
  } catch (error) {
    if (error instanceof JsonError) throw new JsonMessageError(error.message, { cause: error });
    throw error;
  }
}

function readField(name: string, { type: { type }, label }: Field, value: unknown) {
  const isText = type === "string";
  if (value === undefined || value === null) {
    if (label === "optional") return undefined;
    return isText ? "" : 0;
  }
  const read = isText ? textIn(value) : int32In(value);
  if (read === undefined) throw new JsonMessageError(`invalid value for ${type} field ${name}`);
  return read;
}

/** UTF-8 cannot encode a lone surrogate, so no name has one. */
function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value.isWellFormed() ? value : undefined;
}

/** Accepts a number in a string, and a fraction or exponent as long as the value is whole. */
function int32In(value: unknown): number | undefined {
  const isNumber = typeof value === "number" || (typeof value === "string" && numeral.test(value));
  const number = isNumber ? Number(value) : Number.NaN;
  return Number.isInteger(number) && Math.abs(number + 0.5) < 2 ** 31 ? number : undefined;
}

/** RFC 8259, section 6. */
const numeral = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;
