import type { RequestId, SessionId } from "../core/ids.ts";

/** New ids, as functions, so that tests can choose them. */
export interface Identities {
  /** A request id that is new to the log. */
  nextRequest(): RequestId;
  /** A session id that is new to the log. */
  nextSession(): SessionId;
}

/** A whole HTTP request. */
export interface HttpRequest {
  /** Of the peer of the connection, without the port; `undefined` once it is gone. */
  readonly remoteAddress: string | undefined;
  readonly method: string;
  /** The path as sent, still percent-encoded, without the query. */
  readonly path: string;
  /** The query as sent, without the question mark; empty without one. */
  readonly query: string;
  /** Names in lower case; repeated headers joined according to RFC 9110, section 5.3. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  /** The request came over TLS that ends in this process, not in a proxy. */
  readonly isEncrypted: boolean;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
