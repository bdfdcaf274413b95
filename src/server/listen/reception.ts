import type { Socket } from "node:net";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import type { Refusals } from "./refusals.ts";
import { plainResponse, rawResponse } from "./responses.ts";
import { awaitOpening, type Opening } from "./sniff.ts";

/**
 * Identifies the protocol of new connections:
 *
 *   clear text   accepted ──first bytes──▶ decided
 *   TLS          accepted ──ClientHello──▶ handshake ──first bytes inside──▶ decided
 *                   └── other bytes ──▶ refused
 *
 * On a port for streams only there are no first bytes to wait for, neither in clear text nor inside TLS.
 * All of that together may take `firstByteMs`; then the listener cuts the connection.
 */
export interface Reception {
  /** Calls `decided` with the socket to serve, not flowing and unread: the connection, or TLS on it. */
  receive(socket: Socket, decided: (speaker: Socket, opening: Opening) => void): void;
  /** Cuts every undecided connection. */
  stop(): void;
}

export function createReception(
  { handshakes, routes, clock, timeouts }: ListenerOptions,
  refusals: Refusals,
): Reception {
  /** Each cuts one undecided connection. */
  const cuts = new Set<() => void>();

  function receive(socket: Socket, decided: (speaker: Socket, opening: Opening) => void): void {
    const remoteAddress = clientAddressOf(socket);
    let isCut = false;
    const cancel = clock.after(timeouts.firstByteMs, () => {
      refusals.note("first_byte_timeout", { remoteAddress });
      cut();
    });
    cuts.add(cut);
    socket.once("close", settle);

    function cut(): void {
      isCut = true;
      socket.destroy();
    }

    function settle(): void {
      cancel();
      cuts.delete(cut);
      socket.off("close", settle);
    }

    function decide(speaker: Socket, opening: Opening): void {
      settle();
      decided(speaker, opening);
    }

    /** Finds out what the client speaks, unless it can be only one thing. */
    function listen(speaker: Socket): void {
      if (routes.isStreamOnly) decide(speaker, "stream");
      else awaitOpening(speaker, (opening) => decide(speaker, opening));
    }

    if (handshakes === undefined) {
      listen(socket);
      return;
    }
    awaitOpening(socket, (opening) => {
      if (opening === "tls") {
        handshakes.begin(socket, {
          secured: listen,
          failed(reason, fault) {
            if (!isCut) refusals.note(reason, { remoteAddress, fault });
          },
        });
      } else {
        settle();
        refuseClearText(socket, opening);
      }
    });
  }

  /** An HTTP client shows the answer to its user; other clients would not understand one. */
  function refuseClearText(socket: Socket, opening: Opening): void {
    refusals.note("clear_text", { remoteAddress: clientAddressOf(socket) });
    if (opening !== "http1") socket.destroy();
    else farewell(socket, rawResponse(httpsNeeded), { clock, lingerMs: timeouts.closeMs });
  }

  return {
    receive,
    stop() {
      for (const cut of cuts) cut();
    },
  };
}

const httpsNeeded = plainResponse(400, "this is HTTP, and the port speaks HTTPS");
