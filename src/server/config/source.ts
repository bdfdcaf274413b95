/** Where the value of a setting comes from. */
export type Source =
  | { readonly type: "default" }
  | { readonly type: "file"; readonly path: string; readonly line: number }
  | { readonly type: "variable"; readonly name: string }
  | { readonly type: "flag"; readonly name: string };

/** Where a person finds it: `holdfast.yaml:12`, `HOLDFAST_LISTEN`, `--listen`. */
export function formatSource(source: Source): string {
  switch (source.type) {
    case "default":
      return "default";
    case "file":
      return `${source.path}:${source.line}`;
    case "variable":
    case "flag":
      return source.name;
  }
}
