import { type LoadedConfig, loadConfig } from "../src/server/config.ts";

/** What a server is given in a file called `holdfast.yaml`, in the environment and on the command line. */
export interface Given {
  readonly file?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly flags?: Readonly<Record<string, string>>;
}

export function load({ file, environment = {}, flags = {} }: Given): LoadedConfig {
  return loadConfig({
    environment,
    flags: file === undefined ? flags : { "--config": "holdfast.yaml", ...flags },
    readFile: (path) => {
      if (file === undefined || path !== "holdfast.yaml") throw new Error(`ENOENT: ${path}`);
      return file;
    },
  });
}
