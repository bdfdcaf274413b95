import assert from "node:assert/strict";
import { constants } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type TLSSocket } from "node:tls";

/**
 * Shakes hands on connections that a listener has accepted:
 *
 *   ClientHello read and given back ──▶ shaking hands ──▶ secured: read and written as a `Socket`
 *                                            └──▶ failed: the connection is gone
 */
export interface Handshakes {
  /** One of the two is called, and once. The connection's own end ends what is inside, and the other way round. */
  begin(socket: Socket, ends: HandshakeEnds): void;
  /** For handshakes that begin from now on; what they gave before to resume a session is worth nothing then. */
  use(context: SecureContextOptions): void;
}

export interface HandshakeEnds {
  secured(socket: TLSSocket): void;
  failed(reason: HandshakeFailure, fault: string): void;
}

export type HandshakeFailure = "client_certificate" | "tls_handshake";

/** What may be spoken inside, the best first (RFC 7301). Who asks for nothing may speak any of it. */
export const applicationProtocols: readonly string[] = ["h2", "http/1.1"];

export function createHandshakes(
  context: SecureContextOptions,
  { needsClientCertificate }: { readonly needsClientCertificate: boolean },
): Handshakes {
  const underWay = new WeakMap<Socket, HandshakeEnds>();
  const server = createServer({
    ...contextOf(context),
    ALPNProtocols: [...applicationProtocols],
    requestCert: needsClientCertificate,
    rejectUnauthorized: needsClientCertificate,
  });
  server.on("secureConnection", (secure) => {
    // 'close' follows every 'error', and there is nothing else to do.
    secure.on("error", () => {});
    secure.allowHalfOpen = true;
    endsOf(secure).secured(secure);
  });
  server.on("tlsClientError", (error, secure) => {
    const ends = endsOf(secure);
    const { reason, fault } = failureOf(error, secure);
    secure.destroy();
    ends.failed(reason, fault);
  });

  function endsOf(secure: TLSSocket): HandshakeEnds {
    const ends = underWay.get(connectionUnder(secure));
    assert(ends !== undefined);
    return ends;
  }

  return {
    begin(socket, ends) {
      underWay.set(socket, ends);
      // Who ends now has left; inside, a client may say no more and still read. Node hands this on.
      socket.allowHalfOpen = false;
      server.emit("connection", socket);
    },
    use: (next) => server.setSecureContext(contextOf(next)),
  };
}

/** A client that resumes a session is not asked for its certificate again. */
const resumableSeconds = 300;

/** A client that negotiates again and again costs us ten times what it costs itself. */
function contextOf(context: SecureContextOptions): SecureContextOptions {
  return {
    ...context,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    sessionTimeout: resumableSeconds,
  };
}

/** Node tells nowhere else of which connection it has made a `TLSSocket`. */
function connectionUnder(secure: TLSSocket): Socket {
  const { _parent: socket } = secure as TLSSocket & { readonly _parent?: Socket };
  assert(socket !== undefined);
  return socket;
}

/** A certificate that is not trusted ends the connection without an error of its own. */
function failureOf(
  error: NodeJS.ErrnoException,
  { authorizationError }: TLSSocket,
): { readonly reason: HandshakeFailure; readonly fault: string } {
  if (authorizationError) return { reason: "client_certificate", fault: `${authorizationError}` };
  const fault = error.code ?? error.message;
  const isMissing = fault === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE";
  return { reason: isMissing ? "client_certificate" : "tls_handshake", fault };
}
