import { JsonError, parseWholeJson } from "../json.ts";

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

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** `undefined` for bytes that are not JSON, or nested too deeply. */
export function tryParse(bytes: Uint8Array, jsonDepthMax: number): unknown {
  try {
    return parseWholeJson(utf8.decode(bytes), jsonDepthMax);
  } catch (error) {
    if (error instanceof JsonError || error instanceof TypeError) return undefined;
    throw error;
  }
}
