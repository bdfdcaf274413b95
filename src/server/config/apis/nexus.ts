import { choice, namespace, optionalAddress, section, tags, yesOrNo } from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const settings = section("Nexus", {
  listen: optionalAddress({
    default: "127.0.0.1:1717",
    description: "The classic port of Nexus over TCP, opened by `classicPorts`.",
  }),
  tlsListen: optionalAddress({
    default: "127.0.0.1:1718",
    description:
      "The classic port of Nexus over TLS, opened by `classicPorts` where `tls.cert` is set. The other ports speak TLS then, too.",
  }),
  httpListen: optionalAddress({
    default: "off",
    description:
      "A port of its own for Nexus over HTTP and WebSocket, where every path is that of Nexus, opened by `classicPorts`.",
  }),
  namespace: namespace("The namespace in which the names of locks live."),
  dialect: choice(["auto", "0.2", "1"], {
    default: "auto",
    description:
      "How answers look: as in version 0.2 or 1 of the API. With `auto` as in 0.2, until the client calls `sys.version`, as clients of version 1 do at once.",
    placeholder: "VERSION",
  }),
  nobodyTags: tags(
    "What clients may do that have not logged in: tags, each of which holds everywhere, or at the prefix behind its colon.",
  ),
  strictWhitelist: yesOrNo(
    "The whitelist of a user keeps out every address that it does not name. Otherwise it only outdoes the blacklist.",
  ),
});

export const nexus = {
  name: "nexus",
  settings,
  listeners: [
    { name: "nexus", key: "listen", speaks: "Nexus", isStreamOnly: true },
    { name: "nexusTls", key: "tlsListen", speaks: "Nexus", isStreamOnly: true, needsTls: true },
    { name: "nexusHttp", key: "httpListen", speaks: "Nexus over HTTP and WebSocket" },
  ],
  guard: {
    proof: ({ nobodyTags }) => (nobodyTags.length === 0 ? { type: "login" } : undefined),
    advice: "leave nexus.nobodyTags empty",
  },
} as const satisfies ApiConfig<typeof settings>;
