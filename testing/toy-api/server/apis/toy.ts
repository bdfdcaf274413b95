import type { Namespace } from "../../core/ids.ts";
import { createToy } from "../../protocols/toy/toy.ts";
import { apiConfigs } from "../config.ts";
import { exchange } from "../conversation/exchange.ts";
import { serveMessages } from "../conversation/messages.ts";
import type { Routes } from "../listen/listener.ts";
import type { Api } from "./api.ts";
import { upgradesOf } from "./upgrades.ts";

export const toy = {
  ...apiConfigs.toy,
  speaks: "toy",
  hints: [["toy", "lines of JSON over TCP, WebSocket /toy and POST /toy"]],
  links: [],
  open({ settings, identities, node, limits, allowedOrigins, world, host }) {
    const { converse, exchange: begin } = createToy({
      ...identities,
      node,
      namespace: settings.namespace as Namespace,
      lineBytesMax: limits.messageBytesMax,
      jsonDepthMax: limits.jsonDepthMax,
      allowedOrigins,
      newSecret: world.newSecret,
    });
    const paths: Routes = {
      http: (request, client) => exchange(host, begin(request), { request, client }),
      upgrade: upgradesOf(host, (request) => () => converse(request)),
    };
    // The byte streams of the main port are another API's.
    const stream: Routes["stream"] = (client) => (socket) =>
      serveMessages(host, converse({ ...client, headers: {} }), socket);
    return {
      owns: (path) => path === "/toy",
      routes: (listener) => (listener === "main" ? paths : { ...paths, stream }),
    };
  },
} as const satisfies Api<typeof apiConfigs.toy.settings>;
