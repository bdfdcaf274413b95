import type { Socket } from "node:net";
import { createAdmission } from "./admission.ts";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import { createReception } from "./reception.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { jsonError, plainResponse, rawResponse } from "./responses.ts";
import type { Opening } from "./sniff.ts";

/** Takes in connections within the caps, and hands them on once their protocol is known. */
export interface Entrance {
  take(connection: Socket): void;
  /** Cuts every connection whose protocol is not known yet. */
  stop(): void;
  /** The connections within the caps, whether or not their protocol is known. */
  readonly open: ReadonlySet<Socket>;
  acceptedTotal(): number;
}

/** Serves a connection by its protocol. The speaker, not flowing and unread, is the connection, or TLS on it. */
export type Serve = (speaker: Socket, opening: Opening, connection: Socket) => void;

export function createEntrance(
  options: ListenerOptions,
  refusals: Refusals,
  serve: Serve,
): Entrance {
  const { routes, limits, timeouts, clock } = options;
  const admission = createAdmission(limits);
  const reception = createReception(options, refusals);
  let acceptedTotal = 0;
  /** Connections beyond a cap that are receiving their refusal. */
  let turnedAwayOpen = 0;

  function take(connection: Socket): void {
    const refusal = admission.admit(connection);
    if (refusal !== undefined) {
      turnAway(connection, refusal);
      return;
    }
    reception.receive(connection, {
      identified: (address) => identify(connection, address),
      decided: (speaker, opening) => serve(speaker, opening, connection),
    });
  }

  /** Returns whether the client is within its cap. A proxy that speaks for itself has none. */
  function identify(connection: Socket, address: string | undefined): boolean {
    const refusal = address === undefined ? undefined : admission.identify(connection, address);
    if (refusal === undefined) acceptedTotal += 1;
    else turnAway(connection, refusal);
    return refusal === undefined;
  }

  function turnAway(connection: Socket, refusal: Refusal): void {
    refusals.note(refusal, { remoteAddress: clientAddressOf(connection) });
    // A TLS client cannot read clear text, and a handshake is too expensive for a refusal.
    if (options.handshakes !== undefined || turnedAwayOpen >= limits.turnedAwayMax) {
      connection.destroy();
      return;
    }
    turnedAwayOpen += 1;
    connection.once("close", () => {
      turnedAwayOpen -= 1;
    });
    const text = "too many connections";
    const answer = routes.isStreamOnly ? jsonError(text) : rawResponse(plainResponse(503, text));
    farewell(connection, answer, { clock, lingerMs: timeouts.closeMs });
  }

  return {
    take,
    stop: reception.stop,
    open: admission.open,
    acceptedTotal: () => acceptedTotal,
  };
}
