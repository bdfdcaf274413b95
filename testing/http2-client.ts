import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { ConnectionOptions } from "node:tls";
import { withPrefix } from "../src/protocols/grpc/mod.ts";

/** What came of a stream: the headers, the bytes and the trailers, and how it ended. */
export interface StreamEnd {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** HTTP/2's error code; 0 when all is well. */
  readonly code: number;
}

/** An HTTP/2 connection whose end is no error of the test; with options over TLS, else in the clear. */
export async function connectHttp2(
  port: number,
  tls?: ConnectionOptions,
): Promise<ClientHttp2Session> {
  const session =
    tls === undefined
      ? connect(`http://127.0.0.1:${port}`)
      : connect(`https://127.0.0.1:${port}`, tls);
  session.on("error", () => {});
  await once(session, "connect");
  return session;
}

/** Begins a gRPC call; the request is not ended. */
export function beginCall(
  session: ClientHttp2Session,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): ClientHttp2Stream {
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {});
  return stream;
}

/** A whole call with these messages. */
export function call(
  session: ClientHttp2Session,
  path: string,
  messages: readonly Uint8Array[],
  headers: Readonly<Record<string, string>> = {},
): Promise<StreamEnd> {
  const stream = beginCall(session, path, headers);
  stream.end(Buffer.concat(messages.map(withPrefix)));
  return endOf(stream);
}

export function endOf(stream: ClientHttp2Stream): Promise<StreamEnd> {
  let headers = {};
  let trailers = {};
  const chunks: Buffer[] = [];
  stream.once("response", (received) => {
    headers = received;
  });
  stream.once("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    stream.once("close", () =>
      resolve({ headers, body: Buffer.concat(chunks), trailers, code: stream.rstCode ?? 0 }),
    );
  });
}
