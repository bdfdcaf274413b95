import type { HttpRequest } from "../../../src/protocols/protocol.ts";
import type { Link } from "../network/link.ts";
import type { ClientParts } from "./client.ts";

/** The request by which a client opens a WebSocket at the path, which may have a query. */
export function upgradeRequest(
  target: string,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  const [path = "", query = ""] = target.split("?");
  return {
    method: "GET",
    path,
    query,
    headers: {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...headers,
    },
    body: new Uint8Array(),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
}

/** The client ends its connection, in one of the ways in which clients do. */
export function closeSomehow({ random, chronicle }: ClientParts, name: string, link: Link): void {
  const how = random.pick<"properly" | "drop">(["properly", "drop"]);
  chronicle.write(name, () => (how === "drop" ? "drops its connection" : "closes its connection"));
  link.close(how);
}
