import type { FencingToken } from "../../core/ids.ts";
import type { Event } from "../../fleeting/topics.ts";
import { type RpcError, rpcErrors } from "./errors.ts";
import { nameOfTopic } from "./events.ts";

/** What came as the `id` of a call, and goes back as it is; absent where there was none. */
export type RpcId = unknown;

export interface Success {
  /** Absent: the method has no value to give. */
  readonly data?: unknown;
  /** Of a grant: what fences off those who held the mutex before. */
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

/** Clients need `meta`, also when there is nothing in it. */
export function errorText(id: RpcId, { name, errors }: RpcError): string {
  const { code, text } = rpcErrors[name];
  const meta = errors.length === 0 ? {} : { errors };
  const data = { exception: name === "internal_error", meta };
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code, message: text, data } });
}

export function eventText({ topic, payload }: Event): string {
  return pushText([nameOfTopic(topic), payload ?? null]);
}

/** The client tells its program that its token is good for nothing any more. */
export const sessionDeletedText = pushText(["sessionDelete"]);

function pushText(params: readonly unknown[]): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "/publish", params });
}

/** To the `/ping` of old clients. */
export function pongText(id: RpcId): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method: "/pong" });
}
