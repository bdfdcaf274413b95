import type { FencingToken } from "../../core/ids.ts";
import type { Event } from "../../fleeting/topics.ts";
import { type RpcError, rpcErrors } from "./errors.ts";
import { nameOfTopic } from "./events.ts";

/** The `id` of a request, returned unchanged; `undefined` without one. */
export type RpcId = string | number | undefined;

export interface Success {
  /** Absent: the method returns no value. */
  readonly data?: unknown;
  /** The fencing token of a grant. */
  readonly token?: FencingToken;
}

/** docs/protocols/softvisio.md, section 2.3. */
export function successText(id: RpcId, { data, token }: Success): string {
  const result = {
    status: 200,
    status_text: "OK",
    exception: false,
    ...(data !== undefined && { data }),
    ...(token !== undefined && { meta: { token } }),
  };
  return JSON.stringify({ jsonrpc: "2.0", id, result });
}

/** Clients need `meta` even when it is empty. The id is `null` for a request whose id is not valid. */
export function errorText(id: RpcId | null, { name, errors }: RpcError): string {
  const { code, text } = rpcErrors[name];
  const meta = errors.length === 0 ? {} : { errors };
  const data = { exception: name === "internal_error", meta };
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: text, data } });
}

export function eventText({ topic, payload }: Event): string {
  return pushText([nameOfTopic(topic), payload ?? null]);
}

/** Makes the client report to its program that its token is invalid. */
export const sessionDeletedText = pushText(["sessionDelete"]);

function pushText(params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "/publish", params });
}

/** The answer to the `/ping` of old clients. */
export function pongText(id: RpcId): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "/pong" });
}
