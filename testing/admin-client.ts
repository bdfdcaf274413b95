import { request } from "node:http";
import { json } from "node:stream/consumers";

export interface AdminAnswer {
  readonly status: number | undefined;
  readonly body: unknown;
}

/** Asks a server's socket for operators as it is told to, right or wrong. */
export function askSocket(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body?: string | Buffer,
): Promise<AdminAnswer> {
  return new Promise((resolve, reject) => {
    const asking = request({ socketPath, method, path, agent: false });
    asking.on("error", reject);
    asking.on("response", (response) => {
      json(response).then((said) => resolve({ status: response.statusCode, body: said }), reject);
    });
    asking.end(body);
  });
}
