/** The configuration: all settings, and how flags, environment and file set them. */
export { type Address, formatAddress, isLoopback } from "./config/address.ts";
export { addressesIn } from "./config/address-range.ts";
export { adminSocketPath } from "./config/admin-socket.ts";
export { type ApiConfig, apiConfigs, type Proof } from "./config/apis/mod.ts";
export { formatBytes } from "./config/bytes.ts";
export type { DataPlace } from "./config/kinds.ts";
export {
  type ListenAddress,
  type ListenerName,
  listenAddresses,
  listenerKey,
} from "./config/listen-addresses.ts";
export {
  ConfigError,
  type LoadedConfig,
  type LoadedSetting,
  type LoadOptions,
  loadConfig,
} from "./config/load.ts";
export { problemsIn, warnings } from "./config/safety.ts";
export { apiSettings, type Config } from "./config/schema.ts";
export { configFlag, configVariable, type Setting, settings } from "./config/settings.ts";
export { formatSource, type Source } from "./config/source.ts";
export { tlsProblems } from "./config/tls.ts";
