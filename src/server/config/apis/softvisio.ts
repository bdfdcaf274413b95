import { duration, namespace, optionalAddress, section, yesOrNo } from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const settings = section("softvisio", {
  listen: optionalAddress({
    default: "127.0.0.1:81",
    description:
      "The classic port of softvisio's cluster API, opened by `classicPorts`. Below 1024 only root may listen, on most systems.",
  }),
  namespace: namespace("The namespace in which the ids of mutexes live."),
  requireToken: yesOrNo(
    "Refuses clients without an API token (`holdfast token create`). Otherwise clients need none.",
  ),
  restartGrace: duration({
    default: "10s",
    from: "0s",
    description:
      "How long the server keeps mutexes after a restart, for holders that have not yet noticed the loss of their connection.",
  }),
});

export const softvisio = {
  name: "softvisio",
  settings,
  listeners: [{ name: "softvisio", key: "listen", speaks: "softvisio" }],
  guard: {
    proof: ({ requireToken }) => (requireToken ? { type: "api_token" } : undefined),
    advice: "set softvisio.requireToken",
  },
} as const satisfies ApiConfig<typeof settings>;
