import { namespace, optionalAddress, section } from "../kinds.ts";
import type { ApiConfig } from "./api-config.ts";

const settings = section("Toy", {
  listen: optionalAddress({
    default: "127.0.0.1:7777",
    description:
      "The classic port of the toy protocol over byte streams, opened by `classicPorts`.",
  }),
  namespace: namespace("The namespace in which the names of locks live."),
});

export const toy = {
  name: "toy",
  settings,
  listeners: [{ name: "toy", key: "listen", speaks: "toy", isStreamOnly: true }],
} as const satisfies ApiConfig<typeof settings>;
