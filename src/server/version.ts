import { readFileSync } from "node:fs";

/** The version of this package. Its description is equally far from `src/cli` and `dist/cli`. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
