import { isLongerThan } from "../../core/limits.ts";
import { JsonError, parseWholeJson } from "../json.ts";
import { decodeUtf8 } from "../utf8.ts";
import type { RpcId } from "./encode.ts";
import { rpcError } from "./errors.ts";

/** A request of JSON-RPC; docs/protocols/softvisio.md, section 2.2. */
export interface RpcRequest {
  readonly method: unknown;
  readonly params: readonly unknown[];
  /** `undefined`: the client wants no answer. */
  readonly id: RpcId;
}

/**
 * What an object is instead of a request: `response`, an answer to a request that the server never sends;
 * `bad_id`, a request with an id that no answer can carry; `nothing`, an object without a method.
 */
export type NoRequest = "response" | "bad_id" | "nothing";

/** UTF-8 bytes of an id. The server keeps it until the call has its answer. */
const idBytesMax = 1024;

/** The error of a call whose id is no id of JSON-RPC, or too long. */
export const badId = rpcError("request_invalid", [
  `the id must be a number, or a string of at most ${idBytesMax} bytes`,
]);

export function decodeRequest(frame: Uint8Array, jsonDepthMax: number): RpcRequest | NoRequest {
  const value = tryParse(frame, jsonDepthMax);
  return isObject(value) ? requestOf(value) : "nothing";
}

export function requestOf(value: Readonly<Record<string, unknown>>): RpcRequest | NoRequest {
  const { method, params, id } = value;
  if (method === undefined || method === null) {
    return Object.hasOwn(value, "result") || Object.hasOwn(value, "error") ? "response" : "nothing";
  }
  const given = id || undefined;
  return isId(given) ? { method, params: listOf(params), id: given } : "bad_id";
}

/** JSON-RPC 2.0, section 4. A number beyond the range of a double would come back as `null`. */
function isId(id: unknown): id is RpcId {
  if (typeof id === "string") return !isLongerThan(id, idBytesMax);
  return id === undefined || (typeof id === "number" && Number.isFinite(id));
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
