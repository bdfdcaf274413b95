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
    }
  | { readonly type: "problem"; readonly problem: string };

export function problem(text: string): Reading {
  return { type: "problem", problem: text };
}
