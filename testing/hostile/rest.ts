/** LDLM over REST for the good client: one connection, which is kept, and patience of its own. */
import { Agent, type RequestOptions, request } from "node:http";

/** Longer than the server may ever take, so that a silent server is a failure and not a hang. */
const patienceMs = 20_000;

export interface Answer {
  readonly status: number;
  readonly cookie: string | undefined;
  /** The fencing token of a grant. */
  readonly token: number;
  readonly text: string;
}

export interface RestClient {
  ask(method: string, path: string, fields?: object): Promise<Answer>;
  close(): void;
}

export interface RestWishes {
  readonly port: number;
  readonly cookie?: string;
  readonly password?: string | undefined;
}

/** Calls reject when the connection fails, and when no answer comes. */
export function openRest({ port, cookie, password }: RestWishes): RestClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = {
    ...(cookie !== undefined && { cookie }),
    ...(password !== undefined && {
      authorization: `Basic ${Buffer.from(`:${password}`).toString("base64")}`,
    }),
  };
  const where = { host: "127.0.0.1", port, agent, headers, timeout: patienceMs };
  return {
    ask: (method, path, fields) => ask({ ...where, method, path }, fields),
    close: () => agent.destroy(),
  };
}

/** A page on a connection of its own, as a probe asks for it. */
export function getPage(port: number, path: string): Promise<Answer> {
  return ask({ host: "127.0.0.1", port, agent: false, path, timeout: patienceMs });
}

function ask(options: RequestOptions, fields?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        const [cookie] = response.headers["set-cookie"]?.[0]?.split(";") ?? [];
        const text = Buffer.concat(chunks).toString();
        const token = Number(response.headers["x-holdfast-token"]);
        resolve({ status: response.statusCode ?? 0, cookie, token, text });
      });
    });
    asking.on("error", reject);
    asking.on("timeout", () => asking.destroy(new Error("no answer within 20 s")));
    asking.end(fields && JSON.stringify(fields));
  });
}
