import { choices, classicAddress, duration, namespace, secret, section } from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const listeners = ["main", "ldlm", "ldlmRest"] as const;

const settings = section("LDLM", {
  listen: classicAddress({
    default: "127.0.0.1:3144",
    description: "The classic port of LDLM gRPC, opened by `classicPorts`.",
  }),
  restListen: classicAddress({
    default: "127.0.0.1:8080",
    description: "The classic port of LDLM REST, opened by `classicPorts`.",
  }),
  namespace: namespace("The namespace in which LDLM names live; Locktopus clients name theirs."),
  password: secret(
    "What LDLM clients must give, over gRPC as metadata `authorization`, over REST as HTTP Basic password. Unset: nothing. Rather in the file or the environment: other users of the machine can read flags.",
  ),
  keepaliveInterval: duration({
    default: "1m",
    from: "1ms",
    description: "How often the peers of HTTP/2 connections, gRPC among them, are pinged.",
  }),
  keepaliveTimeout: duration({
    default: "10s",
    from: "1ms",
    description: "How long such a peer may take to answer before its connection is cut.",
  }),
  restartGrace: duration({
    default: "10m",
    from: "0s",
    description:
      "How long, after a restart, the locks of gRPC connections are kept for clients that renew them over a new connection.",
  }),
  noClearOnDisconnect: choices(
    listeners,
    "Listeners on whose gRPC connections locks stay locked when the connection is gone, until they are unlocked or their lease is over.",
  ),
  restWaitOn: choices(
    listeners,
    "Listeners on which a lock over REST waits when its request says `wait_timeout_seconds`.",
  ),
  restWaitMax: duration({
    default: "1m",
    from: "1s",
    description: "The longest that it may ask for; less than `ldlm.restSessionTimeout`.",
  }),
  restSessionTimeout: duration({
    default: "10m",
    from: "1ms",
    description: "A REST session without requests ends, and gives back its locks, after this.",
  }),
  lockGcInterval: duration({
    default: "30m",
    from: "1s",
    description: "How often names that nobody uses are forgotten, and with them their size.",
  }),
  lockGcMinIdle: duration({
    default: "5m",
    from: "0s",
    description: "How long a name must have been unused for that.",
  }),
});

export const ldlm = {
  name: "ldlm",
  settings,
  listeners: [
    { name: "ldlm", key: "listen", speaks: "LDLM gRPC" },
    { name: "ldlmRest", key: "restListen", speaks: "LDLM REST" },
  ],
  guard: {
    proof: ({ password }) => (password === undefined ? undefined : { type: "password", password }),
    advice: "set ldlm.password",
  },
} as const satisfies ApiConfig<typeof settings>;
