import type { Claim, Path } from "../../core/command.ts";
import { JsonError, parseJson } from "../json.ts";
import { decodeUtf8 } from "../utf8.ts";
import { CommunicationError } from "./errors.ts";

/** A client's message (docs/protocols/locktopus.md, section 2). */
export type Action =
  | { readonly type: "lock"; readonly claims: readonly Claim[] }
  | { readonly type: "release" };

/** Decodes one message, text or binary. Throws `CommunicationError`. */
export function decodeAction(frame: Uint8Array, jsonDepthMax: number): Action {
  const text = decodeText(frame);
  if (text === releaseText) return release;
  const message = objectOf(decodeJson(text, jsonDepthMax), "message");
  const action = stringOf(field(message, "action"), "action");
  switch (action) {
    case "lock":
      return { type: "lock", claims: claimsOf(field(message, "resources")) };
    case "release":
      return release;
    default:
      throw new CommunicationError(`invalid action: ${shortened(action)}`);
  }
}

const release: Action = { type: "release" };

/** The form that all known clients send, so that half of all messages need no parsing. */
const releaseText = '{"action":"release"}';

function decodeText(frame: Uint8Array): string {
  const text = decodeUtf8(frame);
  if (text === undefined) throw new CommunicationError("message is not UTF-8");
  return text;
}

function decodeJson(text: string, depthMax: number): unknown {
  try {
    return parseJson(text, depthMax);
  } catch (cause) {
    if (cause instanceof JsonError) throw new CommunicationError(cause.message, { cause });
    throw cause;
  }
}

function claimsOf(resources: unknown): readonly Claim[] {
  if (resources === undefined || resources === null) return [];
  if (!Array.isArray(resources)) throw new CommunicationError("resources must be an array");
  return resources.map(claimOf);
}

function claimOf(value: unknown): Claim {
  const resource = objectOf(value, "resource");
  const mode = modeOf(stringOf(field(resource, "type"), "type"));
  return { mode, path: pathOf(field(resource, "path")) };
}

type Mode = "shared" | "exclusive";

const modes: ReadonlyMap<string, Mode> = new Map([
  ["write", "exclusive"],
  ["read", "shared"],
  ["w", "exclusive"],
  ["r", "shared"],
]);

function modeOf(type: string): Mode {
  const mode = modes.get(type) ?? modes.get(type.toLowerCase());
  if (mode !== undefined) return mode;
  throw new CommunicationError(`cannot build resource lock: invalid lock type: ${shortened(type)}`);
}

function pathOf(value: unknown): Path {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new CommunicationError("path must be an array of strings");
  return value.map(segmentOf);
}

/** A lone surrogate becomes U+FFFD, because UTF-8 cannot hold it. */
function segmentOf(value: unknown): string {
  if (value === null) return "";
  if (typeof value === "string") return value.toWellFormed();
  throw new CommunicationError("path must be an array of strings");
}

type JsonObject = Readonly<Record<string, unknown>>;

function objectOf(value: unknown, name: string): JsonObject {
  if (value === null) return empty;
  if (typeof value === "object" && !Array.isArray(value)) return value as JsonObject;
  throw new CommunicationError(`${name} must be an object`);
}

const empty: JsonObject = {};

function stringOf(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null) return "";
  throw new CommunicationError(`${name} must be a string`);
}

/** Prefers the exact name; otherwise takes the last that differs only in letter case. */
function field(object: JsonObject, name: "action" | "resources" | "type" | "path"): unknown {
  const exact = object[name];
  if (exact !== undefined) return exact;
  return object[Object.keys(object).findLast((key) => key.toLowerCase() === name) ?? name];
}

/** Characters of the client's text that an error repeats. */
const repeatedMax = 100;

function shortened(words: string): string {
  return words.length <= repeatedMax ? words : `${words.slice(0, repeatedMax)}…`;
}
