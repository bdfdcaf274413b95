import { after, before } from "node:test";
import { type InProcessServer, startInProcess } from "../in-process-server.ts";
import {
  type SoftvisioClient,
  type SoftvisioProcess,
  startSoftvisioClients,
} from "./client-process.ts";

/** What the tests of a file share: a server in memory, and the published client in a process of its own. */
export interface SoftvisioStage {
  portOf: InProcessServer["portOf"];
  clients(): SoftvisioProcess;
  /** Over WebSocket, by the main port. */
  connected(): Promise<SoftvisioClient>;
}

/** It stands from before the first test of the file until after the last. */
export function stageSoftvisio(): SoftvisioStage {
  let server: InProcessServer;
  let clients: SoftvisioProcess;

  before(async () => {
    server = await startInProcess();
    clients = startSoftvisioClients();
  });

  after(async () => {
    await clients?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  return {
    portOf: (name) => server.portOf(name),
    clients: () => clients,
    connected: () => clients.open({ url: `ws://127.0.0.1:${server.portOf("main")}/api/` }),
  };
}
