import type { NodeId } from "../../../src/core/ids.ts";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import { NoAnswer } from "../network/network.ts";
import type { ClientParts } from "./client.ts";

export interface LdlmRequest {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly node: NodeId;
  /** Empty without a session. */
  readonly cookie: string;
  /** The body, sent as JSON. */
  readonly fields?: object;
  /** Time by its own clock for which the client waits for the answer. */
  readonly patienceMs: number;
}

/** Resolves to `undefined` when the outcome is unknown. */
export async function ask(
  { name, network, chronicle, clock, asked }: ClientParts,
  { node, method, path, cookie, fields, patienceMs }: LdlmRequest,
): Promise<HttpResponse | undefined> {
  asked();
  const body = fields === undefined ? "" : JSON.stringify(fields);
  const words = `${method} ${path} ${body}`.trimEnd();
  chronicle.write(name, () => `asks ${node} ${words}`);
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
    chronicle.write(name, () => `receives ${response.status} ${response.body}`);
    return response;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    chronicle.write(name, () => `gets no answer to ${words}`);
    return undefined;
  }
}

/** Resolves to the cookie of a new session, which every node accepts. */
export async function askForSession(
  parts: ClientParts,
  node: NodeId,
  patienceMs: number,
): Promise<string | undefined> {
  const request = { node, method: "POST", path: "/session", cookie: "", patienceMs } as const;
  const response = await ask(parts, request);
  return response?.headers["Set-Cookie"]?.split(";")[0];
}
