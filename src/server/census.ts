import type { State } from "../core/apply.ts";
import type { SessionId, TimeMs } from "../core/ids.ts";
import type { Host } from "./conversation/host.ts";

/** One who is there: a session, or a connection for which the log has needed no session yet. */
export interface Attendee {
  readonly session: SessionId;
  readonly node: string;
  readonly api: string;
  /** How it came, or else its API. */
  readonly transport: string;
  /** Without the port; empty if it is unknown. */
  readonly address: string;
  /** `nobody` if nobody has logged in. */
  readonly user: string;
  /** Unix ms of the wall clock. */
  readonly sinceMs: number;
}

/** Who is there, of all APIs. */
export interface Census {
  /** All of them, in steps. */
  all(): Generator<void, readonly Attendee[], void>;
  find(session: SessionId): Attendee | undefined;
  /** Ends the connection, as an operator would end its session. Returns whether there was one. */
  kick(session: SessionId): boolean;
  /** Connections with a conversation. */
  readonly connectionCount: number;
}

export interface CensusOptions {
  readonly node: string;
  readonly state: Pick<State, "sessions">;
  /** The host of each API. */
  readonly hosts: () => ReadonlyMap<string, Pick<Host, "seated" | "kick">>;
  readonly wallMsOf: (at: TimeMs) => number;
  /** What the wall clock showed at a time of the monotonic clock. */
  readonly wallMsAt: (nowMs: number) => number;
}

/** Those that one step looks at, within a few ms. */
const lookedAtMax = 10_000;

export function createCensus(options: CensusOptions): Census {
  const { node, state, hosts, wallMsOf, wallMsAt } = options;

  function* attendees(): Generator<Attendee> {
    const seen = new Set<SessionId>();
    for (const [api, host] of hosts()) {
      for (const { talk, sinceMs } of host.seated) {
        const { session, transport = api, address = "", login } = talk;
        if (session === undefined || seen.has(session)) continue;
        seen.add(session);
        const user = login?.user ?? "nobody";
        yield { session, node, api, transport, address, user, sinceMs: wallMsAt(sinceMs) };
      }
    }
    for (const { id, api, origin, login, openedAt, ...session } of state.sessions.open.values()) {
      if (seen.has(id)) continue;
      const user = login?.user ?? "nobody";
      const { address = "" } = origin;
      const sinceMs = wallMsOf(openedAt);
      yield { session: id, node: session.node, api, transport: api, address, user, sinceMs };
    }
  }

  return {
    *all() {
      const there: Attendee[] = [];
      for (const attendee of attendees()) {
        there.push(attendee);
        if (there.length % lookedAtMax === 0) yield;
      }
      return there;
    },
    find(session) {
      for (const attendee of attendees()) if (attendee.session === session) return attendee;
      return undefined;
    },
    kick: (session) => [...hosts().values()].some((host) => host.kick(session)),
    get connectionCount() {
      let count = 0;
      for (const host of hosts().values()) count += host.seated.size;
      return count;
    },
  };
}
