import type { Setting } from "./settings.ts";

/** What a source of configuration says about one setting, or what is wrong with it. */
export type Finding =
  | {
      readonly type: "value";
      readonly setting: Setting;
      /** Not yet checked. */
      readonly value: unknown;
      readonly origin: Origin;
    }
  | { readonly type: "problem"; readonly problem: string };

/** Where a value comes from. */
export type Origin =
  | { readonly type: "default" }
  | { readonly type: "file"; readonly path: string; readonly line: number }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "flag"; readonly name: string };

/** As a person looks for it: `holdfast.yaml:12`, `HOLDFAST_LISTEN`, `--listen`. */
export function formatOrigin(origin: Origin): string {
  switch (origin.type) {
    case "default":
      return "default";
    case "file":
      return `${origin.path}:${origin.line}`;
    case "variable":
    case "flag":
      return origin.name;
  }
}

export function problem(text: string): Finding {
  return { type: "problem", problem: text };
}
