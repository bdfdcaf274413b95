import type { JsonText } from "../../core/ids.ts";
import type { Tags } from "../../core/users/state.ts";
import { type CallError, rpcErrors } from "./errors.ts";

/** Behind every answer on a stream, because some clients read lines. */
export const answerEnd = "\r\n";

/** The id comes back as it was written. */
export function successText(id: JsonText, result: JsonText): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${result}}${answerEnd}`;
}

export function errorText(id: JsonText, error: CallError): string {
  return `{"jsonrpc":"2.0","id":${id},"error":${errorJson(error)}}${answerEnd}`;
}

function errorJson(error: CallError): string {
  if ("code" in error) {
    const { code, message, data } = error;
    const told = [["code", jsonOf(code)] as const, ["message", jsonOf(message)] as const];
    return objectOf(data === undefined ? told : [...told, ["data", data]]);
  }
  const { name, detail } = error;
  const { code, text } = rpcErrors[name];
  return JSON.stringify({ code, message: detail === undefined ? text : `${text}:[${detail}]` });
}

/** A message that nobody has asked for. */
export function notificationText(method: string, params: JsonText): string {
  return `{"jsonrpc":"2.0","method":${JSON.stringify(method)},"params":${params}}${answerEnd}`;
}

export function jsonOf(value: unknown): JsonText {
  return JSON.stringify(value) as JsonText;
}

/** A time as Unix ms, in UTC (RFC 3339). */
export function timeShown(wallMs: number): JsonText {
  return `"${new Date(wallMs).toISOString()}"` as JsonText;
}

/** An object of members that are JSON already. */
export function objectOf(members: Iterable<readonly [name: string, value: JsonText]>): JsonText {
  const texts = Array.from(members, ([name, value]) => `${JSON.stringify(name)}:${value}`);
  return `{${texts.join(",")}}` as JsonText;
}

export function arrayOf(elements: Iterable<JsonText>): JsonText {
  return `[${[...elements].join(",")}]` as JsonText;
}

/** By prefix and name. */
export function tagsShown(tags: Tags): JsonText {
  return objectOf(Array.from(tags, ([prefix, names]) => [prefix, objectOf(names)] as const));
}

export const ok = jsonOf({ ok: true });
