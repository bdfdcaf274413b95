import assert from "node:assert/strict";
import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket } from "node:tls";

/**
 * Performs TLS handshakes on connections that a listener has accepted:
 *
 *   ClientHello read and put back ──▶ handshake ──▶ secured: usable as a `Socket`
 *                                         └──▶ failed: the connection has ended
 */
export interface Handshakes {
  /** Calls one of the two functions, once. The end of the connection ends the TLS socket, and vice versa. */
  begin(socket: Socket, options: HandshakeOptions): void;
  /** Uses another certificate for new handshakes. Tickets of earlier sessions become invalid. */
  use(context: SecureContextOptions): void;
}

export interface HandshakeOptions {
  secured(socket: TLSSocket): void;
  failed(reason: HandshakeFailure, fault: string): void;
}

export type HandshakeFailure = "client_certificate" | "tls_handshake";

/** Protocols inside TLS, the preferred one first (RFC 7301). A client without ALPN may use any of them. */
export const applicationProtocols: readonly string[] = ["h2", "http/1.1", "http/1.0"];

export function createHandshakes(
  context: SecureContextOptions,
  { needsClientCertificate }: { readonly needsClientCertificate: boolean },
): Handshakes {
  const underWay = new WeakMap<Socket, HandshakeOptions>();
  const server = createServer({
    ...contextOf(context),
    ALPNProtocols: [...applicationProtocols],
    requestCert: needsClientCertificate,
    rejectUnauthorized: needsClientCertificate,
  });
  server.on("secureConnection", (secure) => {
    // 'close' follows every 'error' and does the work.
    secure.on("error", () => {});
    secure.allowHalfOpen = true;
    optionsOf(secure).secured(secure);
  });
  server.on("tlsClientError", (error, secure) => {
    const options = optionsOf(secure);
    const { reason, fault } = failureOf(error, secure);
    secure.destroy();
    options.failed(reason, fault);
  });

  function optionsOf(secure: TLSSocket): HandshakeOptions {
    const options = underWay.get(connectionUnder(secure));
    assert(options !== undefined);
    return options;
  }

  return {
    begin(socket, options) {
      underWay.set(socket, options);
      // A client that ends the TCP connection has left; one that ends its side of TLS may still read. Node passes this on.
      socket.allowHalfOpen = false;
      server.emit("connection", socket);
    },
    use: (next) => server.setSecureContext(contextOf(next)),
  };
}

/** A client that resumes a session need not send its certificate again. */
const resumableSeconds = 300;

/** Forbids renegotiation, which costs the server ten times as much as the client. */
function contextOf(context: SecureContextOptions): SecureContextOptions {
  return {
    ...context,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionTimeout: resumableSeconds,
  };
}

/** The connection under a `TLSSocket`; Node exposes it nowhere else. */
function connectionUnder(secure: TLSSocket): Socket {
  const { _parent: socket } = secure as TLSSocket & { readonly _parent?: Socket };
  assert(socket !== undefined);
  return socket;
}

/** An untrusted certificate ends the connection without an error of its own. */
function failureOf(
  error: NodeJS.ErrnoException,
  { authorizationError }: TLSSocket,
): { readonly reason: HandshakeFailure; readonly fault: string } {
  if (authorizationError) return { reason: "client_certificate", fault: `${authorizationError}` };
  const fault = error.code ?? error.message;
  const isMissing = fault === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
  return { reason: isMissing ? "client_certificate" : "tls_handshake", fault };
}
