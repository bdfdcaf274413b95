/** The sessions whose connections are on this node: the only ones that can have anything here. */
import type { SessionId } from "../core/ids.ts";

export type JoinCommand =
  /** The session's connection is on this node. Repeating it changes nothing. */
  | {
      readonly type: "join";
      readonly session: SessionId;
      /** See `JoinedSession`. */
      readonly network?: string | undefined;
    }
  /** The connection has ended, and with it everything that the session has here. */
  | { readonly type: "leave"; readonly session: SessionId };

/**
 * A session that has joined. State and effects refer to it by this one object, so that a bus finds its
 * receiver at `receivers[place]`, without a lookup for each subscriber of an event.
 */
export interface JoinedSession {
  readonly id: SessionId;
  /** The address from which its connection comes, or the network of that; `undefined` if it is unknown. */
  readonly network: string | undefined;
  /** From 1, different for all joined sessions. 0 once the session has left: effects may still refer to it. */
  place: number;
}

export interface Sessions {
  readonly joined: Map<SessionId, JoinedSession>;
  /** Places of sessions that have left. With those of the joined sessions they are 1, 2, 3 and so on. */
  readonly freePlaces: number[];
}

export function createSessions(): Sessions {
  return { joined: new Map(), freePlaces: [] };
}

export function join(
  { joined, freePlaces }: Sessions,
  { session: id, network }: Extract<JoinCommand, { type: "join" }>,
): void {
  if (joined.has(id)) return;
  joined.set(id, { id, network, place: freePlaces.pop() ?? joined.size + 1 });
}

/** The caller has ended everything that the session had. */
export function leave({ joined, freePlaces }: Sessions, session: JoinedSession): void {
  joined.delete(session.id);
  freePlaces.push(session.place);
  session.place = 0;
  if (joined.size === 0) freePlaces.length = 0;
}
