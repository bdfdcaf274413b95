import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";

/** The server refused the request; the message says why. */
export class AdminRefusal extends Error {
  override readonly name = "AdminRefusal";
  /** Further members of the server's error. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(message: string, facts: Readonly<Record<string, unknown>>) {
    super(message);
    this.facts = facts;
  }
}

/** Longer than the server itself waits for its disk. */
const answerMs = 15_000;

/**
 * Sends a request to the server behind the socket; with a body it is a POST. Throws `AdminRefusal`, or
 * `Error` with a sentence for the operator when no server listens or answers.
 */
export async function askServer(
  socketPath: string,
  target: string,
  body?: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const answer = await send(socketPath, target, body);
  const said = parsed(socketPath, answer.body);
  if (answer.status === 200) return said;
  const { error = {} } = said as { error?: Readonly<Record<string, unknown>> };
  throw new AdminRefusal(String(error.message), error);
}

function parsed(socketPath: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new Error(`what listens on ${socketPath} is no server of ours`);
  }
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function send(
  socketPath: string,
  path: string,
  body: Readonly<Record<string, unknown>> | undefined,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const signal = AbortSignal.timeout(answerMs);
    const request = httpRequest({ socketPath, path, method, signal, agent: false });
    const fail = (cause: Error) => reject(unreachable(socketPath, cause));
    request.on("error", fail);
    request.on("response", (response) => {
      text(response).then((said) => resolve({ status: response.statusCode, body: said }), fail);
    });
    request.end(body && JSON.stringify(body));
  });
}

function unreachable(path: string, cause: NodeJS.ErrnoException): Error {
  if (cause.name === "AbortError" || cause.name === "TimeoutError") {
    return new Error(`the server on ${path} does not answer`);
  }
  if (cause.code === "ENOENT" || cause.code === "ECONNREFUSED") {
    return new Error(
      `no server listens on ${path}: it does not run, or has another configuration (--socket, --config)`,
    );
  }
  return new Error(`cannot ask the server on ${path}`, { cause });
}
