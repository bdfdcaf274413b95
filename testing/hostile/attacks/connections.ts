/** Connections that come, and say little or nothing. */
import type { Attack, Target } from "../attack.ts";
import { assemble, crowd, openSocket } from "../wire.ts";

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

async function stay(target: Target): Promise<void> {
  await assemble(target, 9_900, async () => {
    const socket = await openSocket(target);
    // When the server cuts it, it comes back.
    socket.on("close", () => void openSocket(target).catch(() => target.count("refused")));
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
    does: "9,900 connections that say nothing, and come back when they are cut",
    seconds: 12,
    run: stay,
  },
];
