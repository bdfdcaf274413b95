/** The exports of the package `holdfast`, which run a server inside another program. */
export {
  type Config,
  ConfigError,
  type LoadedConfig,
  type LoadOptions,
  loadConfig,
} from "./server/config.ts";
export { type BoundAddress, type Server, startServer } from "./server/server.ts";
