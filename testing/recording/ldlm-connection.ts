import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { ConnectionLost } from "../locktopus-peer.ts";

export interface LdlmResponse {
  readonly status: number;
  readonly body: string;
  /** That the client is to send from now on; `undefined` when none was set. */
  readonly cookie: string | undefined;
}

/** LDLM REST over one TCP connection at a time, which can be cut under a request. */
export interface LdlmConnection {
  /** Rejects with `ConnectionLost` when the connection ends before the answer. */
  ask(method: string, path: string, wishes: AskWishes): Promise<LdlmResponse>;
  /** Without a word. The next request makes another one. */
  cut(): void;
}

export interface AskWishes {
  readonly cookie?: string;
  readonly body?: string;
}

export function createLdlmConnection(port: number): LdlmConnection {
  let agent = new Agent({ keepAlive: true, maxSockets: 1 });

  return {
    async ask(method, path, { cookie, body = "" }) {
      const headers = { ...(cookie !== undefined && { cookie }) };
      const asking = request({ host: "127.0.0.1", port, method, path, headers, agent });
      asking.end(body);
      try {
        const [response] = (await once(asking, "response")) as [IncomingMessage];
        const set = response.headers["set-cookie"]?.[0]?.split(";")[0];
        return { status: response.statusCode ?? 0, body: await text(response), cookie: set };
      } catch {
        throw new ConnectionLost();
      }
    },
    cut() {
      agent.destroy();
      agent = new Agent({ keepAlive: true, maxSockets: 1 });
    },
  };
}
