/** What `import … from "holdfast"` gives: a server inside another program. */
export {
  type Config,
  ConfigError,
  type ConfigSources,
  type LoadedConfig,
  loadConfig,
} from "./server/config.ts";
export { type Address, type Server, startServer } from "./server/server.ts";
