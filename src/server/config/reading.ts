import type { Setting } from "./settings.ts";
import type { Source } from "./source.ts";

/** One result of reading a source of configuration: the value of a setting, or a problem. */
export type Reading =
  | {
      readonly type: "value";
      readonly setting: Setting;
      /** Not yet checked. */
      readonly value: unknown;
      readonly source: Source;
      /** A line break at its end has been taken off. */
      readonly isTrimmed: boolean;
    }
  | { readonly type: "problem"; readonly problem: string };

export function problem(text: string): Reading {
  return { type: "problem", problem: text };
}

interface Trimmed<Value> {
  readonly value: Value;
  readonly isTrimmed: boolean;
}

/** Takes line breaks off the end: files that become variables or blocks of YAML have one, and no value has. */
export function trimmed(text: string): Trimmed<string>;
export function trimmed(value: unknown): Trimmed<unknown>;
export function trimmed(value: unknown): Trimmed<unknown> {
  if (typeof value !== "string") return { value, isTrimmed: false };
  const text = value.replace(/[\r\n]+$/, "");
  return { value: text, isTrimmed: text !== value };
}
