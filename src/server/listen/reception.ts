import type { BlockList, Socket } from "node:net";
import type { Handshakes } from "../tls/tls.ts";
import { clientAddressOf, nameClient } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import { awaitFirstBytes, type Judgement } from "./first-bytes.ts";
import type { ListenerOptions } from "./options.ts";
import { type ProxyHeader, readProxyHeader } from "./proxy-protocol.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { plainResponse, rawResponse } from "./responses.ts";
import { awaitOpening, type KnownOpening, type Opening } from "./sniff.ts";

/**
 * Identifies the client and the protocol of new connections:
 *
 *   behind a proxy   accepted ──header──▶ identified
 *                       └── untrusted address, other bytes ──▶ refused
 *   otherwise        accepted ──▶ identified
 *
 *   clear text       identified ──first bytes──▶ decided
 *                       └── an unexpected header of a proxy ──▶ refused
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
  decided(speaker: Socket, opening: KnownOpening): void;
}

interface ReceptionState extends ListenerOptions {
  readonly refusals: Refusals;
  readonly newcomers: Set<Newcomer>;
}

/** A connection that is not decided yet. */
interface Newcomer {
  readonly socket: Socket;
  readonly arrival: Arrival;
  readonly cancelDeadline: () => void;
  /** The listener of the socket's `close` until the newcomer is settled. */
  readonly closed: () => void;
  /** The listener has cut it and does not report that its handshake fails. */
  isCut: boolean;
}

export function createReception(options: ListenerOptions, refusals: Refusals): Reception {
  const reception: ReceptionState = { ...options, refusals, newcomers: new Set() };
  return {
    receive: (socket, arrival) => receive(reception, socket, arrival),
    stop() {
      for (const newcomer of reception.newcomers) cut(reception, newcomer);
    },
  };
}

function receive(reception: ReceptionState, socket: Socket, arrival: Arrival): void {
  const { newcomers, trustedProxies, clock, timeouts } = reception;
  const newcomer: Newcomer = {
    socket,
    arrival,
    cancelDeadline: clock.after(timeouts.firstByteMs, () => {
      note(reception, socket, "first_byte_timeout");
      cut(reception, newcomer);
    }),
    closed: () => settle(reception, newcomer),
    isCut: false,
  };
  newcomers.add(newcomer);
  socket.once("close", newcomer.closed);
  if (trustedProxies !== undefined) awaitProxy(reception, newcomer, trustedProxies);
  else identify(reception, newcomer, socket.remoteAddress ?? "gone");
}

function awaitProxy(reception: ReceptionState, newcomer: Newcomer, trusted: BlockList): void {
  const { socket } = newcomer;
  if (isAmong(trusted, socket)) {
    awaitFirstBytes(socket, judgeHeader, (header) => introduce(reception, newcomer, header));
    return;
  }
  // A socket loses its address once the client is gone, as after some health checks.
  if (socket.remoteAddress !== undefined) note(reception, socket, "proxy_untrusted");
  cut(reception, newcomer);
}

function introduce(reception: ReceptionState, newcomer: Newcomer, header: WholeHeader): void {
  const { socket } = newcomer;
  if (header.type === "valid") {
    if (header.clientAddress !== undefined) nameClient(socket, header.clientAddress);
    identify(reception, newcomer, header.clientAddress);
  } else {
    if (header.type === "missing") note(reception, socket, "proxy_header_missing");
    else note(reception, socket, "proxy_header_malformed", header.fault);
    cut(reception, newcomer);
  }
}

function identify(
  reception: ReceptionState,
  newcomer: Newcomer,
  address: string | undefined,
): void {
  const { handshakes } = reception;
  if (!newcomer.arrival.identified(address)) settle(reception, newcomer);
  else if (handshakes === undefined) sniff(reception, newcomer, newcomer.socket);
  else awaitClientHello(reception, newcomer, handshakes);
}

function awaitClientHello(
  reception: ReceptionState,
  newcomer: Newcomer,
  handshakes: Handshakes,
): void {
  const { socket } = newcomer;
  awaitOpening(socket, (opening) => {
    if (opening === "tls") {
      shakeHands(reception, newcomer, handshakes);
    } else {
      settle(reception, newcomer);
      if (opening === "proxy") refuseProxy(reception, socket);
      else refuseClearText(reception, socket, opening);
    }
  });
}

function shakeHands(reception: ReceptionState, newcomer: Newcomer, { begin }: Handshakes): void {
  const { socket } = newcomer;
  begin(socket, {
    secured(secure) {
      const address = clientAddressOf(socket);
      if (reception.trustedProxies !== undefined && address !== undefined) {
        nameClient(secure, address);
      }
      sniff(reception, newcomer, secure);
    },
    failed(reason, fault) {
      if (!newcomer.isCut) note(reception, socket, reason, fault);
    },
  });
}

/** Waits for the first bytes, unless the port serves streams only. */
function sniff(reception: ReceptionState, newcomer: Newcomer, speaker: Socket): void {
  if (reception.routes.isStreamOnly) decide(reception, newcomer, speaker, "stream");
  else awaitOpening(speaker, (opening) => decide(reception, newcomer, speaker, opening));
}

function decide(
  reception: ReceptionState,
  newcomer: Newcomer,
  speaker: Socket,
  opening: Opening,
): void {
  settle(reception, newcomer);
  if (opening === "proxy") refuseProxy(reception, speaker);
  else newcomer.arrival.decided(speaker, opening);
}

/** The proxy passes the answer on to its client, or logs it. */
function refuseProxy(reception: ReceptionState, speaker: Socket): void {
  const { clock, timeouts } = reception;
  note(reception, speaker, "proxy_header_unexpected");
  farewell(speaker, rawResponse(noProxyHeader), { clock, lingerMs: timeouts.closeMs });
}

/** An HTTP client shows the answer to its user; other clients would not understand one. */
function refuseClearText(reception: ReceptionState, socket: Socket, opening: Opening): void {
  const { clock, timeouts } = reception;
  note(reception, socket, "clear_text");
  if (opening !== "http1") socket.destroy();
  else farewell(socket, rawResponse(httpsNeeded), { clock, lingerMs: timeouts.closeMs });
}

function cut(reception: ReceptionState, newcomer: Newcomer): void {
  newcomer.isCut = true;
  settle(reception, newcomer);
  newcomer.socket.destroy();
}

/** The newcomer is decided, refused or gone, and needs no deadline any longer. */
function settle({ newcomers }: ReceptionState, newcomer: Newcomer): void {
  const { socket, cancelDeadline, closed } = newcomer;
  cancelDeadline();
  newcomers.delete(newcomer);
  socket.off("close", closed);
}

function note({ refusals }: ReceptionState, socket: Socket, reason: Refusal, fault?: string): void {
  const remoteAddress = clientAddressOf(socket);
  refusals.note(reason, { remoteAddress, ...(fault !== undefined && { fault }) });
}

function isAmong(addresses: BlockList, { remoteAddress, remoteFamily }: Socket): boolean {
  const family = remoteFamily === "IPv6" ? "ipv6" : "ipv4";
  return remoteAddress !== undefined && addresses.check(remoteAddress, family);
}

type WholeHeader = Exclude<ProxyHeader, { type: "partial" }>;

function judgeHeader(bytes: Buffer): Judgement<WholeHeader> | undefined {
  const value = readProxyHeader(bytes);
  if (value.type === "partial") return undefined;
  return { value, bytesTaken: value.type === "valid" ? value.bytes : 0 };
}

const noProxyHeader = plainResponse(
  400,
  "this port expects no header of the PROXY protocol: add the listener to proxyProtocol, or let the proxy send none",
);
const httpsNeeded = plainResponse(400, "this is HTTP, and the port speaks HTTPS");
