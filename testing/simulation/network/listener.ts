import type { Listener, ListenerOptions } from "../../../src/server/listen/listener.ts";
import type { SimulatedProcess } from "../machine/process.ts";
import type { Line } from "./wire.ts";

/** A listener as the network sees it. */
export interface OpenListener {
  readonly process: SimulatedProcess;
  readonly options: ListenerOptions;
  readonly links: Set<Line>;
  readonly isAccepting: boolean;
}

/** One listener in both views: the network's and the server's. */
export function createListener(
  process: SimulatedProcess,
  options: ListenerOptions,
): { readonly open: OpenListener; readonly listener: Listener } {
  const links = new Set<Line>();
  const open = { process, options, links, isAccepting: true };
  const listener: Listener = {
    hosts: [options.host],
    port: 7117,
    status: () => ({
      connectionsOpen: links.size,
      webSocketsOpen: 0,
      acceptedTotal: 0,
      requestsTotal: 0,
      callsOpen: 0,
      callsTotal: 0,
      streamsOpen: 0,
      streamBytesReceivedTotal: 0,
      streamBytesSentTotal: 0,
      messagesReceivedTotal: 0,
      messagesSentTotal: 0,
      refusedTotal: {} as ReturnType<Listener["status"]>["refusedTotal"],
    }),
    flush() {
      for (const link of links) link.flush();
    },
    stopAccepting() {
      open.isAccepting = false;
    },
    async close() {
      open.isAccepting = false;
      for (const link of links) link.serverCloses();
      links.clear();
    },
  };
  return { open, listener };
}
