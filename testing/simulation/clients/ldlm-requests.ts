import type { NodeId } from "../../../src/core/ids.ts";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import { NoAnswer } from "../network/network.ts";
import type { ClientParts } from "./client.ts";

export interface LdlmRequest {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly node: NodeId;
  /** Empty: without a session. */
  readonly cookie: string;
  /** Sent as JSON. */
  readonly fields?: object;
  /** How long the client waits for an answer, by its own clock. */
  readonly patienceMs: number;
}

/** `undefined`: nobody knows what became of it. */
export async function ask(
  { name, network, chronicle, clock, asked }: ClientParts,
  { node, method, path, cookie, fields, patienceMs }: LdlmRequest,
): Promise<HttpResponse | undefined> {
  asked();
  const body = fields === undefined ? "" : JSON.stringify(fields);
  const words = `${method} ${path} ${body}`.trimEnd();
  chronicle.tell(name, () => `asks ${node} ${words}`);
  const request = {
    method,
    path,
    query: "",
    headers: { cookie },
    body: Buffer.from(body),
    isEncrypted: false,
    remoteAddress: "192.0.2.1",
  };
  try {
    const response = await network.request(node, request, clock.realMs(patienceMs));
    chronicle.tell(name, () => `hears ${response.status} ${response.body}`);
    return response;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    chronicle.tell(name, () => `hears nothing about ${words}`);
    return undefined;
  }
}

/** Returns the cookie of a new session, which is good at every node. */
export async function askForSession(
  parts: ClientParts,
  node: NodeId,
  patienceMs: number,
): Promise<string | undefined> {
  const request = { node, method: "POST", path: "/session", cookie: "", patienceMs } as const;
  const response = await ask(parts, request);
  return response?.headers["Set-Cookie"]?.split(";")[0];
}
