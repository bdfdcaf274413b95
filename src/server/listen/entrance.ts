import type { Socket } from "node:net";
import { type Account, closeAccount, openAccount } from "../budget/budget.ts";
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

/** A connection within the caps whose protocol is known. */
export interface Arrived {
  /** Not flowing and unread; the connection, or TLS on it. */
  readonly speaker: Socket;
  readonly connection: Socket;
  readonly opening: Opening;
  readonly account: Account;
}

export function createEntrance(
  options: ListenerOptions,
  refusals: Refusals,
  serve: (arrived: Arrived) => void,
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
    let account: Account | undefined;
    reception.receive(connection, {
      identified(address) {
        account = identify(connection, address);
        return account !== undefined;
      },
      decided(speaker, opening) {
        if (account !== undefined) serve({ speaker, connection, opening, account });
      },
    });
  }

  /** Opens an account if the client is within its cap. A proxy that speaks for itself has none. */
  function identify(connection: Socket, address: string | undefined): Account | undefined {
    const refusal = address === undefined ? undefined : admission.identify(connection, address);
    if (refusal !== undefined) {
      turnAway(connection, refusal);
      return undefined;
    }
    acceptedTotal += 1;
    const account = openAccount(options.budget, {
      address,
      cut() {
        refusals.note("peer_bytes_max", { remoteAddress: address, bytes: account.bytes });
        connection.destroy();
      },
    });
    connection.once("close", () => closeAccount(account));
    return account;
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
