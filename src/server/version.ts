import { readFileSync } from "node:fs";

/** The version of this package. `package.json` is as many folders above `src/server` as above `dist/server`. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { version } = JSON.parse(text) as { readonly version: string };
  return version;
}
