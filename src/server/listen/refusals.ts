import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { createLogInterval } from "../log-interval.ts";

/** Reasons why the listener refuses or cuts a connection or a request, with their text in the log. */
const words = {
  connections_max: "too many connections",
  address_connections_max: "too many connections from one address",
  first_byte_timeout: "the first bytes of a connection did not arrive in time",
  proxy_untrusted:
    "a connection to a port with the PROXY protocol came from an address that is not trusted: connect through the proxy, or add the proxy's address to trustedProxies",
  proxy_header_missing:
    "a connection did not begin with a header of the PROXY protocol: let the proxy send it, or remove the listener from proxyProtocol",
  proxy_header_unexpected:
    "a connection began with a header of the PROXY protocol, which this listener does not take: add it to proxyProtocol and the proxy's address to trustedProxies, or let the proxy send no header",
  proxy_header_malformed: "a proxy sent a malformed header of the PROXY protocol",
  tls: "a client used TLS on a port without TLS: use http:// or ws://, or set tls.cert and tls.key",
  clear_text: "a client used clear text on a port with TLS: use https:// or wss://",
  tls_handshake: "a TLS handshake failed",
  client_certificate: "a client has no certificate that is trusted here",
  http2_fault: "an HTTP/2 peer broke the protocol or asked for too much",
  http2_misuse:
    "an HTTP/2 peer made the server work without asking for anything: see the faults in docs/operating/limits.md",
  http2_silent: "an HTTP/2 peer did not answer a ping",
  json_stream: "a client opened a JSON stream on a port that serves none",
  bad_request: "a malformed HTTP request",
  request_timeout: "an HTTP request did not arrive in time",
  headers_too_large: "the headers of an HTTP request are too large",
  body_too_large: "the body of an HTTP request is too large",
  host: "a request names a host that this server does not go by: see allowedHosts",
  origin: "a browser page of a foreign origin asked for a WebSocket: see allowed origins",
  handshake: "a malformed WebSocket handshake",
  websocket_fault: "a WebSocket peer broke the protocol or sent too large a message",
  peer_silent: "a WebSocket peer did not answer a ping",
  stream_fault: "the peer of a stream broke its protocol or sent too much",
  peer_bytes_max:
    "the server kept too much for a peer and needs the memory: see limits.peerBytesMax and its like",
  peer_not_reading: "a peer did not read what was sent",
} as const;

export type Refusal = keyof typeof words;

/** Counts refusals and logs them, each reason at most once a second. */
export interface Refusals {
  note(reason: Refusal, details: Readonly<Record<string, unknown>>): void;
  readonly totals: Readonly<Record<Refusal, number>>;
}

export function createRefusals(logger: Logger, clock: Clock): Refusals {
  const totals = Object.fromEntries(Object.keys(words).map((reason) => [reason, 0])) as Record<
    Refusal,
    number
  >;
  const mayLog = createLogInterval(clock);
  const loggedTotals = new Map<Refusal, number>();
  return {
    totals,
    note(reason, details) {
      totals[reason] += 1;
      if (!mayLog(reason)) return;
      const unlogged = totals[reason] - (loggedTotals.get(reason) ?? 0) - 1;
      loggedTotals.set(reason, totals[reason]);
      logger.warn({ reason, ...details, unlogged }, words[reason]);
    },
  };
}
