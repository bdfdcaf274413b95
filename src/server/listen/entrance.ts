import type { Socket } from "node:net";
import { type Account, closeAccount, openAccount } from "../budget/budget.ts";
import { createAdmission } from "./admission.ts";
import { clientAddressOf } from "./client-address.ts";
import { farewell } from "./farewell.ts";
import type { ListenerOptions } from "./options.ts";
import { createReception } from "./reception.ts";
import type { Refusal, Refusals } from "./refusals.ts";
import { createReserve } from "./reserve.ts";
import { jsonError, rawResponse, tooManyConnections, tooManyText } from "./responses.ts";
import type { KnownOpening } from "./sniff.ts";

/** Takes in connections within the caps, and hands them on once their protocol is known. */
export interface Entrance {
  take(connection: Socket): void;
  /** Tells a connection of the reserve that it is beyond a cap, and ends it. */
  turnAway(speaker: Socket, refusal: Refusal): void;
  /** Cuts every connection whose protocol is not known yet, and those of the reserve. */
  stop(): void;
  /** The connections within the caps, whether or not their protocol is known. */
  readonly open: ReadonlySet<Socket>;
  acceptedTotal(): number;
}

/** A connection whose protocol is known. */
export interface Guest {
  /** Not flowing and unread: the connection, or TLS on it. */
  readonly speaker: Socket;
  readonly connection: Socket;
  readonly account: Account;
  /** The cap that the connection exceeds: it is in the reserve and gets a page for operators or nothing. */
  readonly beyond: Refusal | undefined;
}

export function createEntrance(
  options: ListenerOptions,
  refusals: Refusals,
  serve: (guest: Guest, opening: KnownOpening) => void,
): Entrance {
  const { routes, limits, timeouts, clock } = options;
  const admission = createAdmission(limits);
  const reception = createReception(options, refusals);
  const reservedMax = routes.isForOperators === undefined ? 0 : limits.reservedMax;
  const reserve = createReserve(reservedMax, clock, cut);
  let acceptedTotal = 0;
  /** Connections beyond a cap that are receiving their refusal. */
  let turnedAwayOpen = 0;

  function take(connection: Socket): void {
    let beyond = admission.admit(connection);
    if (beyond !== undefined && !mayStay(connection, beyond)) return;
    let account: Account | undefined;
    reception.receive(connection, {
      identified(address) {
        // A proxy that speaks for itself has no cap of its own.
        if (beyond === undefined && address !== undefined) {
          beyond = admission.identify(connection, address);
          if (beyond !== undefined && !mayStay(connection, beyond)) return false;
        }
        if (beyond === undefined) acceptedTotal += 1;
        account = openAccountOf(connection, address);
        return true;
      },
      decided(speaker, opening) {
        if (account !== undefined) serve({ speaker, connection, account, beyond }, opening);
      },
    });
  }

  function openAccountOf(connection: Socket, address: string | undefined): Account {
    const account = openAccount(options.budget, {
      address,
      noted({ bytes }) {
        refusals.note("peer_bytes_max", { remoteAddress: clientAddressOf(connection), bytes });
      },
      end: () => connection.destroy(),
    });
    connection.once("close", () => closeAccount(account));
    return account;
  }

  /** Whether the reserve has a place for a connection beyond a cap; if not, it is turned away. */
  function mayStay(connection: Socket, refusal: Refusal): boolean {
    if (reserve.enter(connection, refusal)) return true;
    // A TLS client cannot read clear text, and a handshake is too expensive for a refusal.
    if (options.handshakes !== undefined) cut(connection, refusal);
    else turnAway(connection, refusal);
    return false;
  }

  function cut(connection: Socket, refusal: Refusal): void {
    refusals.note(refusal, { remoteAddress: clientAddressOf(connection) });
    connection.destroy();
  }

  function turnAway(speaker: Socket, refusal: Refusal): void {
    if (turnedAwayOpen >= limits.turnedAwayMax) {
      cut(speaker, refusal);
      return;
    }
    refusals.note(refusal, { remoteAddress: clientAddressOf(speaker) });
    turnedAwayOpen += 1;
    speaker.once("close", () => {
      turnedAwayOpen -= 1;
    });
    const answer = routes.isStreamOnly ? jsonError(tooManyText) : rawResponse(tooManyConnections);
    farewell(speaker, answer, { clock, lingerMs: timeouts.closeMs });
  }

  return {
    take,
    turnAway,
    stop() {
      reception.stop();
      reserve.close();
    },
    open: admission.open,
    acceptedTotal: () => acceptedTotal,
  };
}
