import {
  choice,
  choices,
  duration,
  namespace,
  optionalAddress,
  secret,
  section,
} from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const listeners = ["main", "ldlm", "ldlmRest"] as const;

const settings = section("LDLM", {
  listen: optionalAddress({
    default: "127.0.0.1:3144",
    description: "The classic port of LDLM gRPC, opened by `classicPorts`.",
  }),
  restListen: optionalAddress({
    default: "127.0.0.1:8080",
    description: "The classic port of LDLM REST, opened by `classicPorts`.",
  }),
  namespace: namespace("The namespace in which LDLM names live; Locktopus clients name theirs."),
  password: secret(
    "The password of LDLM clients: over gRPC the metadata `authorization`, over REST the HTTP Basic password. Unset: clients need none. Set it in the file or the environment, because other users of the machine can read flags.",
  ),
  keepaliveInterval: duration({
    default: "1m",
    from: "1ms",
    description: "How often the server pings HTTP/2 clients, those of gRPC included.",
  }),
  keepaliveTimeout: duration({
    default: "10s",
    from: "1ms",
    description: "How long such a client may take to answer before the server cuts its connection.",
  }),
  restartGrace: duration({
    default: "10m",
    from: "0s",
    description:
      "How long the server keeps the locks of gRPC connections after a restart, for clients that renew them over a new connection.",
  }),
  noClearOnDisconnect: choices(
    listeners,
    "Listeners on which the locks of a gRPC connection outlive it, until a client unlocks them or their lease ends.",
  ),
  restWaitOn: choices(
    listeners,
    "Listeners on which a lock over REST waits if its request has `wait_timeout_seconds`.",
  ),
  restWaitMax: duration({
    default: "1m",
    from: "1s",
    description:
      "The longest wait that such a request may ask for; less than `ldlm.restSessionTimeout`.",
  }),
  restExtras: choice(["headers", "body"], {
    default: "headers",
    description:
      "Where an answer over REST tells the fencing token and the lease: in headers only, or in the body, too, where clients with generated classes may reject fields that they do not know.",
    placeholder: "WHERE",
  }),
  restSessionTimeout: duration({
    default: "10m",
    from: "1ms",
    description:
      "How long a REST session may go without a request before it ends and its locks are released.",
  }),
  lockGcInterval: duration({
    default: "30m",
    from: "1s",
    description: "How often the server forgets unused names, with their sizes.",
  }),
  lockGcMinIdle: duration({
    default: "5m",
    from: "0s",
    description: "How long a name must have been unused before that.",
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
