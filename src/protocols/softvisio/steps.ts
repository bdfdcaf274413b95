import { type Step, say, silence } from "../conversation.ts";
import { errorText, type RpcId, successText } from "./encode.ts";
import type { RpcError } from "./errors.ts";

/** A request without an id wants no answer. */
export function done(id: RpcId, data?: unknown): Step<string> {
  return id === undefined ? silence : say(successText(id, { data }));
}

export function failed(id: RpcId, why: RpcError): Step<string> {
  return id === undefined ? silence : say(errorText(id, why));
}
