import { JsonError, parseWholeJson } from "../json.ts";

/** The client's name for a request, which the answer repeats. */
export type RequestName = number | string;

export type ToyRequest =
  | { readonly type: "lock" | "unlock"; readonly id: RequestName; readonly name: string }
  | { readonly type: "subscribe"; readonly id: RequestName; readonly topic: string }
  | {
      readonly type: "publish";
      readonly id: RequestName;
      readonly topic: string;
      readonly text: string;
    }
  | {
      readonly type: "hash";
      readonly id: RequestName;
      readonly text: string;
      readonly salt: string;
    }
  /** A line that asks for nothing that exists. */
  | { readonly type: "fault"; readonly id: RequestName | undefined; readonly error: ToyFault };

export type ToyFault = "malformed" | "invalid_argument" | "unknown_method";

/** UTF-16 code units of an id. It is kept until its answer is sent. */
const idLengthMax = 64;

export function decodeRequest(line: Uint8Array, jsonDepthMax: number): ToyRequest {
  const { id, method, ...given } = objectIn(line, jsonDepthMax) ?? {};
  if (!isName(id)) return { type: "fault", id: undefined, error: "malformed" };
  const name = textOf(given.name);
  const topic = textOf(given.topic);
  const text = textOf(given.text);
  const salt = textOf(given.salt);
  const invalid: ToyRequest = { type: "fault", id, error: "invalid_argument" };
  switch (method) {
    case "lock":
    case "unlock":
      return name === undefined ? invalid : { type: method, id, name };
    case "subscribe":
      return topic === undefined ? invalid : { type: method, id, topic };
    case "publish":
      return topic === undefined || text === undefined
        ? invalid
        : { type: method, id, topic, text };
    case "hash":
      return text === undefined || salt === undefined ? invalid : { type: method, id, text, salt };
    default:
      return { type: "fault", id, error: "unknown_method" };
  }
}

/** Whether the line was no request of this protocol at all. */
export function isMalformed(request: ToyRequest): boolean {
  return request.type === "fault" && request.error === "malformed";
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function objectIn(
  line: Uint8Array,
  jsonDepthMax: number,
): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseWholeJson(utf8.decode(line), jsonDepthMax);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isName(id: unknown): id is RequestName {
  return typeof id === "number" || (typeof id === "string" && id.length <= idLengthMax);
}

/** UTF-8, and so the log, cannot hold a lone surrogate: it becomes U+FFFD. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value.toWellFormed() : undefined;
}
