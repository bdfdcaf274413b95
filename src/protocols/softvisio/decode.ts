import { JsonError, parseWholeJson } from "../json.ts";
import { decodeUtf8 } from "../utf8.ts";

/** A request of JSON-RPC; docs/protocols/softvisio.md, section 2.2. */
export interface RpcRequest {
  readonly method: unknown;
  readonly params: readonly unknown[];
  /** `undefined`: the client wants no answer. */
  readonly id: unknown;
}

/** `undefined` for a frame that the server ignores. */
export function decodeRequest(frame: Uint8Array, jsonDepthMax: number): RpcRequest | undefined {
  const value = tryParse(frame, jsonDepthMax);
  return isObject(value) ? requestOf(value) : undefined;
}

/** `undefined` for an object without a method, such as a response. */
export function requestOf(value: Readonly<Record<string, unknown>>): RpcRequest | undefined {
  const { method, params, id } = value;
  if (method === undefined || method === null) return undefined;
  return { method, params: listOf(params), id: id || undefined };
}

/** A value that is not a list is a single argument. */
export function listOf(params: unknown): readonly unknown[] {
  if (params === undefined) return [];
  return Array.isArray(params) ? params : [params];
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `undefined` for bytes that are not JSON, or nested too deeply. */
export function tryParse(bytes: Uint8Array, jsonDepthMax: number): unknown {
  const text = decodeUtf8(bytes);
  if (text === undefined) return undefined;
  try {
    return parseWholeJson(text, jsonDepthMax);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}
