/** The configuration: all that can be set, and its reading from flags, environment and file. */
export { type Address, formatAddress, isLoopback } from "./config/address.ts";
export { adminSocketPath } from "./config/admin-socket.ts";
export { formatOrigin, type Origin } from "./config/finding.ts";
export type { DataPlace } from "./config/kinds.ts";
export {
  type Listener,
  type ListenerName,
  listenerKey,
  listenersOf,
  refusals,
  warnings,
} from "./config/listeners.ts";
export {
  ConfigError,
  type ConfigSources,
  type LoadedConfig,
  type LoadedSetting,
  loadConfig,
} from "./config/load.ts";
export type { Config } from "./config/schema.ts";
export { configFlag, configVariable, type Setting, settings } from "./config/settings.ts";
export { tlsRefusals } from "./config/tls.ts";
