import { spawn } from "node:child_process";
import type { FieldClient } from "./clients.ts";
import type { Front, OpenFront } from "./fronts.ts";

/** What came of a client behind a front. */
export type Outcome =
  | { readonly type: "works" }
  /** The client's own words. */
  | { readonly type: "fails"; readonly reason: string };

const patienceMs = 60_000;

export async function outcomeOf(
  client: FieldClient,
  front: OpenFront,
  { ca, lock }: { readonly ca: string; readonly lock: string },
): Promise<Outcome> {
  const base = front.base(client.api);
  if (base === undefined) return { type: "fails", reason: "the proxy does not pass it on" };
  const [command = "", ...argv] = client.command({
    base,
    ca: base.startsWith("https") ? ca : "",
    lock,
  });
  const child = spawn(command, argv, { stdio: ["ignore", "ignore", "pipe"], timeout: patienceMs });
  let written = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    written += text;
  });
  const status = await new Promise((resolve) => {
    child.once("error", () => resolve(-1));
    child.once("close", resolve);
  });
  if (status === 0) return { type: "works" };
  return { type: "fails", reason: written.trim().split("\n").at(-1) ?? "without a word" };
}

/** A combination that does not work, whose fault that is, and by which rule. */
interface Explanation {
  isFor(client: FieldClient, front: Front): boolean;
  readonly why: string;
}

const explanations: readonly Explanation[] = [
  {
    isFor: ({ api }, { name }) => api === "LDLM gRPC" && ["Apache", "Caddy"].includes(name),
    why: "The proxy passes no connections on, and sharing them would make one session of all clients ([gRPC](proxies.md#grpc)).",
  },
  {
    isFor: ({ name }, front) =>
      name === "Python's websocket-client" &&
      (front.name === "TLS of the server" || front.name.endsWith("TLS through")),
    why: "The client sends an `Origin` with http to a server with https, as a page does that somebody has put in between; RFC 6454, section 4 makes that another origin. `suppress_origin=True` helps.",
  },
  {
    isFor: ({ name }, front) =>
      name === "curl, HTTP/1.0" && ["Apache", "Caddy"].includes(front.name),
    why: "curl offers `http/1.0` alone by ALPN, which the proxy does not have; RFC 7301, section 3.2 lets it end the handshake. `--no-alpn` helps.",
  },
  {
    isFor: ({ name }, front) =>
      name === "Java's HttpClient, expecting 100-continue" && front.name === "nginx",
    why: "nginx sends no 100 over HTTP/2, and the client, of Java 17, waits for one for ever, which a client should not; RFC 9110, section 10.1.1. `version(HTTP_1_1)` helps.",
  },
];

export function explanationOf(client: FieldClient, front: Front): string | undefined {
  return explanations.find(({ isFor }) => isFor(client, front))?.why;
}
