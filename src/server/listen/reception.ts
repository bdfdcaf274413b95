import type { BlockList, Socket } from "node:net";
import type { Handshakes } from "../tls/tls.ts";
import { clientAddressOf, nameClient } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import { awaitFirstBytes, type Judgement } from "./first-bytes.ts";
import type { ListenerOptions } from "./options.ts";
import { type ProxyHeader, readProxyHeader } from "./proxy-protocol.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { plainResponse, rawResponse } from "./responses.ts";
import { awaitOpening, type Opening } from "./sniff.ts";

/**
 * Identifies the client and the protocol of new connections:
 *
 *   behind a proxy   accepted ──header──▶ identified
 *                       └── untrusted address, other bytes ──▶ refused
 *   otherwise        accepted ──▶ identified
 *
 *   clear text       identified ──first bytes──▶ decided
 *   TLS              identified ──ClientHello──▶ handshake ──first bytes inside──▶ decided
 *                       └── other bytes ──▶ refused
 *
 * On a port for streams only there are no first bytes to wait for, neither in clear text nor inside TLS.
 * All of that together may take `firstByteMs`; then the listener cuts the connection.
 */
export interface Reception {
  receive(socket: Socket, arrival: Arrival): void;
  /** Cuts every undecided connection. */
  stop(): void;
}

/** Learns about one new connection. */
export interface Arrival {
  /**
   * The client's address is known; `undefined` when a trusted proxy speaks for itself. Returns whether the
   * client may go on; if not, the callee has refused it.
   */
  identified(address: string | undefined): boolean;
  /** The speaker, not flowing and unread, is the connection, or TLS on it. */
  decided(speaker: Socket, opening: Opening): void;
}

/** A connection that is not decided yet. */
interface Newcomer extends Arrival {
  readonly socket: Socket;
  /** The listener has cut it, so that a failure of its handshake tells nothing. */
  isCut: boolean;
  /** It needs no deadline any longer. */
  settle(): void;
}

export function createReception(
  { handshakes, routes, trustedProxies, clock, timeouts }: ListenerOptions,
  refusals: Refusals,
): Reception {
  const newcomers = new Set<Newcomer>();

  function receive(socket: Socket, arrival: Arrival): void {
    const cancel = clock.after(timeouts.firstByteMs, () => {
      note(socket, "first_byte_timeout");
      cut(newcomer);
    });
    const newcomer: Newcomer = {
      ...arrival,
      socket,
      isCut: false,
      settle() {
        cancel();
        newcomers.delete(newcomer);
        socket.off("close", newcomer.settle);
      },
    };
    newcomers.add(newcomer);
    socket.once("close", newcomer.settle);
    if (trustedProxies !== undefined) awaitProxy(newcomer, trustedProxies);
    else identify(newcomer, socket.remoteAddress ?? "gone");
  }

  function awaitProxy(newcomer: Newcomer, trusted: BlockList): void {
    const { socket } = newcomer;
    if (!isAmong(trusted, socket)) {
      // A socket loses its address once the client is gone, as after some health checks.
      if (socket.remoteAddress !== undefined) note(socket, "proxy_untrusted");
      cut(newcomer);
      return;
    }
    awaitFirstBytes(socket, judgeHeader, (header) => {
      if (header.type === "valid") {
        if (header.clientAddress !== undefined) nameClient(socket, header.clientAddress);
        identify(newcomer, header.clientAddress);
      } else {
        if (header.type === "missing") note(socket, "proxy_header_missing");
        else note(socket, "proxy_header_malformed", header.fault);
        cut(newcomer);
      }
    });
  }

  function identify(newcomer: Newcomer, address: string | undefined): void {
    if (!newcomer.identified(address)) newcomer.settle();
    else if (handshakes === undefined) sniff(newcomer, newcomer.socket);
    else awaitClientHello(newcomer, handshakes);
  }

  function awaitClientHello(newcomer: Newcomer, { begin }: Handshakes): void {
    const { socket } = newcomer;
    awaitOpening(socket, (opening) => {
      if (opening !== "tls") {
        newcomer.settle();
        refuseClearText(socket, opening);
        return;
      }
      begin(socket, {
        secured(secure) {
          const address = clientAddressOf(socket);
          if (trustedProxies !== undefined && address !== undefined) nameClient(secure, address);
          sniff(newcomer, secure);
        },
        failed(reason, fault) {
          if (!newcomer.isCut) note(socket, reason, fault);
        },
      });
    });
  }

  /** Finds out what the client speaks, unless it can be only one thing. */
  function sniff(newcomer: Newcomer, speaker: Socket): void {
    function decide(opening: Opening): void {
      newcomer.settle();
      newcomer.decided(speaker, opening);
    }
    if (routes.isStreamOnly) decide("stream");
    else awaitOpening(speaker, decide);
  }

  /** An HTTP client shows the answer to its user; other clients would not understand one. */
  function refuseClearText(socket: Socket, opening: Opening): void {
    note(socket, "clear_text");
    if (opening !== "http1") socket.destroy();
    else farewell(socket, rawResponse(httpsNeeded), { clock, lingerMs: timeouts.closeMs });
  }

  function note(socket: Socket, reason: Refusal, fault?: string): void {
    const remoteAddress = clientAddressOf(socket);
    refusals.note(reason, { remoteAddress, ...(fault !== undefined && { fault }) });
  }

  function cut(newcomer: Newcomer): void {
    newcomer.isCut = true;
    newcomer.settle();
    newcomer.socket.destroy();
  }

  return {
    receive,
    stop() {
      for (const newcomer of newcomers) cut(newcomer);
    },
  };
}

function isAmong(addresses: BlockList, { remoteAddress, remoteFamily }: Socket): boolean {
  const family = remoteFamily === "IPv6" ? "ipv6" : "ipv4";
  return remoteAddress !== undefined && addresses.check(remoteAddress, family);
}

function judgeHeader(
  bytes: Buffer,
): Judgement<Exclude<ProxyHeader, { type: "partial" }>> | undefined {
  const value = readProxyHeader(bytes);
  if (value.type === "partial") return undefined;
  return { value, bytesTaken: value.type === "valid" ? value.bytes : 0 };
}

const httpsNeeded = plainResponse(400, "this is HTTP, and the port speaks HTTPS");
