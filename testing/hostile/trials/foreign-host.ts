import { once } from "node:events";
import { connect } from "node:net";
import { upgradeRequest } from "../../loopback.ts";
import { createTemporaryFolder } from "../../temporary-folder.ts";
import type { Row } from "../bounds.ts";
import { startServer, within } from "../server.ts";

const foreign = "evil.example";

/** Requests with the status that each must get. A page whose name resolves to 127.0.0.1 is not a page of ours. */
const requests: readonly (readonly [what: string, request: string, status: number])[] = [
  ["a foreign Host", page(`Host: ${foreign}`), 421],
  ["a foreign Host with its Origin", page(`Host: ${foreign}`, `Origin: http://${foreign}`), 421],
  ["an upgrade with them", upgrade(`Host: ${foreign}`, `Origin: http://${foreign}`), 421],
  ["two Hosts", page("Host: localhost", `Host: ${foreign}`), 400],
  ["no Host", page(), 400],
  ["localhost", page("Host: localhost"), 200],
  ["an address", page("Host: 127.0.0.1:7117"), 200],
  ["an address of IPv6", page("Host: [::1]:7117"), 200],
];

export const foreignHost = {
  name: "foreign-host",
  async run(): Promise<Row> {
    using folder = createTemporaryFolder();
    await using server = await startServer(folder.path, []);
    const faults: string[] = [];
    for (const [what, request, status] of requests) {
      const got = await within(5000, statusOf(server.port, request));
      if (got !== status) faults.push(`${what} gets ${got} instead of ${status}`);
    }
    return { attack: this.name, peakMiB: server.memory.peakMiB, faults };
  },
};

function page(...fields: readonly string[]): string {
  return ["GET /healthz HTTP/1.1", ...fields, "\r\n"].join("\r\n");
}

function upgrade(...fields: readonly string[]): string {
  return upgradeRequest("/api/").replace(/^Host: .*$/m, fields.join("\r\n"));
}

async function statusOf(port: number, request: string): Promise<number> {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.write(request);
  const [head] = await Promise.race([once(socket, "data"), once(socket, "close")]);
  socket.destroy();
  return Number(String(head).split(" ")[1]);
}
