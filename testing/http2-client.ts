import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from "node:http2";
import { connect as connectSocket, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** A client of HTTP/2 that may send what a gRPC library would not. */
export interface Http2Client {
  readonly session: ClientHttp2Session;
  /** What is under the session: a connection, or TLS on one. */
  readonly socket: Socket;
  /** The body is sent as it is; a stream that is to go on is not ended by it. */
  request(headers: OutgoingHttpHeaders, body?: Uint8Array, more?: { isOpen?: true }): Http2Exchange;
  /** Without a word. */
  destroy(): void;
}

export interface Http2Exchange {
  readonly stream: ClientHttp2Stream;
  /** Resolves when the stream has closed, with what came on it. */
  readonly closed: Promise<Http2Answer>;
}

export interface Http2Answer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** RFC 9113, section 7; 0 when it ended well. */
  readonly resetCode: number;
}

/** With options over TLS, else in the clear. */
export function openHttp2Client(port: number, tls?: ConnectionOptions): Http2Client {
  const place = { port, host: "127.0.0.1" };
  const socket =
    tls === undefined
      ? connectSocket({ ...place, noDelay: true })
      : connectTls({ ...place, ...tls, ALPNProtocols: ["h2"] });
  return http2ClientOn(socket, port);
}

/** Speaks HTTP/2 on a connection that is open already, or being opened. */
export function http2ClientOn(socket: Socket, port: number): Http2Client {
  const session = connect(`http://127.0.0.1:${port}`, { createConnection: () => socket });
  // 'close' follows.
  session.on("error", () => {});
  return {
    session,
    socket,
    request(headers, body, { isOpen = false } = {}) {
      const stream = session.request(headers, { endStream: body === undefined && !isOpen });
      const closed = answerOn(stream);
      if (body !== undefined) stream.write(body);
      if (body !== undefined && !isOpen) stream.end();
      return { stream, closed };
    },
    destroy: () => session.destroy(),
  };
}

/** The head of a gRPC call. */
export function callHead(path: string, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  return {
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  };
}

function answerOn(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const chunks: Buffer[] = [];
  let headers: Readonly<Record<string, unknown>> = {};
  let trailers: Readonly<Record<string, unknown>> = {};
  stream.on("response", (received) => {
    headers = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {});
  return new Promise((resolve) => {
    stream.once("close", () => {
      const resetCode = stream.rstCode ?? constants.NGHTTP2_NO_ERROR;
      resolve({ headers, trailers, body: Buffer.concat(chunks), resetCode });
    });
  });
}
