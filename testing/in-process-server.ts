import assert from "node:assert/strict";
import { pino } from "pino";
import { loadConfig } from "../src/server/config.ts";
import { type BoundAddress, startServer } from "../src/server/server.ts";
import { freeClassicPorts } from "./classic-ports.ts";

/** A whole server within this process, its data in memory, on a free port for each API. */
export interface InProcessServer extends AsyncDisposable {
  portOf(name: BoundAddress["name"]): number;
}

/** The flags are those of the command line, by name: `--ldlm-password`. */
export async function startInProcess(
  flags: Readonly<Record<string, string>> = {},
): Promise<InProcessServer> {
  const { config } = loadConfig({
    flags: {
      "--data": "memory",
      "--listen": "127.0.0.1:0",
      "--page-interval": "0s",
      ...freeClassicPorts,
      ...flags,
    },
    environment: {},
    readFile: () => "",
  });
  const server = await startServer(config, { logger: pino({ level: "silent" }) });
  return {
    portOf(name) {
      const address = server.addresses.find((each) => each.name === name);
      assert.ok(address !== undefined, `nothing listens for ${name}`);
      return address.port;
    },
    [Symbol.asyncDispose]: server.stop,
  };
}
