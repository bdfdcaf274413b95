import { duration, optionalAddress, section } from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const settings = section("Locktopus", {
  listen: optionalAddress({
    default: "127.0.0.1:9009",
    description: "The classic port of Locktopus, opened by `classicPorts`.",
  }),
  abandonTimeout: duration({
    default: "1m",
    from: "0s",
    description:
      "How long the server keeps the locks of a lost connection, for clients that give no `abandon-timeout-ms`.",
  }),
  abandonTimeoutMax: duration({
    default: "24h",
    from: "0s",
    description:
      "The longest `abandon-timeout-ms` that a client gets; one that asks for more gets this. At least `locktopus.abandonTimeout`.",
  }),
});

export const locktopus = {
  name: "locktopus",
  settings,
  listeners: [{ name: "locktopus", key: "listen", speaks: "Locktopus" }],
} as const satisfies ApiConfig<typeof settings>;
