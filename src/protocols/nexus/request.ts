import type { JsonText } from "../../core/ids.ts";
import { onOneLine, stringIn, visitMembers } from "../../core/json-members.ts";
import { isLongerThan } from "../../core/limits.ts";
import { type RpcError, rpcError } from "./errors.ts";
import { type Params, paramsIn } from "./params.ts";

/** What one value of the stream asks for; docs/protocols/nexus.md, section 3. */
export type RpcRequest =
  | RpcCall
  /** Nobody waits for an answer, so nothing is done. */
  | { readonly type: "notification" }
  | { readonly type: "fault"; readonly id: JsonText; readonly error: RpcError };

export interface RpcCall {
  readonly type: "call";
  /** As it was written, on one line. */
  readonly id: JsonText;
  readonly method: string;
  readonly params: Params;
}

export const nullText = "null" as JsonText;

/** UTF-8 bytes of an id, as it is written. The server keeps it until the call has its answer. */
const idBytesMax = 1024;

export function readRequest(text: JsonText): RpcRequest {
  let [givenId, givenVersion, givenMethod] = [nullText, emptyText, emptyText];
  let params: JsonText | undefined;
  const isObject = visitMembers(text, (name, value) => {
    if (name === "id") givenId = value;
    else if (name === "method") givenMethod = value;
    else if (name === "params") params = value;
    else if (name === "jsonrpc") givenVersion = value;
  });
  if (!isObject) return fault(nullText);
  // An answer is one line.
  const id = onOneLine(givenId);
  if (isLongerThan(id, idBytesMax)) return fault(nullText, `id: at most ${idBytesMax} bytes`);
  const version = textIn(givenVersion);
  const method = textIn(givenMethod);
  if (version !== "" && version !== "2.0") return fault(id);
  if (method === undefined || method === "") return fault(id);
  if (id === nullText) return { type: "notification" };
  return { type: "call", id, method, params: paramsIn(params) };
}

const emptyText = '""' as JsonText;

/** A version or method that is `null` counts as absent. */
function textIn(value: JsonText): string | undefined {
  return value === nullText ? "" : stringIn(value);
}

function fault(id: JsonText, detail?: string): RpcRequest {
  return { type: "fault", id, error: rpcError("invalid_request", detail) };
}

/** Whether the ids are the same value, however they are written. */
export function isSameId(one: JsonText, other: JsonText): boolean {
  if (one === other) return true;
  const [text, otherText] = [stringIn(one), stringIn(other)];
  if (text !== undefined || otherText !== undefined) return text === otherText;
  // Beyond these, different numbers are one as doubles.
  const number = Number(one);
  return Number.isSafeInteger(number) && number === Number(other);
}
