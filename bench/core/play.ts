import { apply, createState } from "../../src/core/apply.ts";
import type { Acquire, Command, Path, Release } from "../../src/core/command.ts";
import type { Effect } from "../../src/core/effect.ts";
import type {
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "../../src/core/ids.ts";

/** A core of its own, and the next entry for it. */
export interface Play {
  apply(command: Command): readonly Effect[];
  /** Sessions that live by a connection, which stays. */
  openSessions(count: number): readonly SessionId[];
  /** Asks for the path, exclusively, as long as the session lives. */
  acquire(session: SessionId, path: Path): Acquire;
  release(acquired: Acquire): Release;
}

const namespace = "default" as Namespace;
const node = "n1" as NodeId;
const at = 1_800_000_000_000 as TimeMs;

export function createPlay(): Play {
  const state = createState();
  let index = 0;
  let lastRequest = 0;

  function applyNext(command: Command): readonly Effect[] {
    index += 1;
    return apply(state, { index: index as LogIndex, at, command });
  }

  function nextRequest(): RequestId {
    lastRequest += 1;
    return `1.${lastRequest.toString(36)}` as RequestId;
  }

  return {
    apply: applyNext,
    openSessions(count) {
      return Array.from({ length: count }, () => {
        const request = nextRequest();
        const session = `n1-${request}` as SessionId;
        const life = { type: "connection", graceMs: 60_000, restartGraceMs: 60_000 } as const;
        applyNext({
          type: "open_session",
          node,
          session,
          request,
          api: "locktopus",
          life,
          origin: {},
        });
        return session;
      });
    },
    acquire(session, path) {
      const claims = [{ mode: "exclusive", path } as const];
      return { type: "acquire", session, request: nextRequest(), namespace, claims };
    },
    release({ session, request }) {
      const target = { type: "request", request } as const;
      return { type: "release", session, request: nextRequest(), target };
    },
  };
}

/** Names below which the paths of more than one segment spread. */
const branchCount = 100;

/**
 * The path of the lock with that number: its last segment is its own, those before it are shared by
 * every hundredth. It went through JSON, as in a server: its strings are new, whoever had the same.
 */
export function pathOf(kind: string, number: number, depth: number): Path {
  const branch = number % branchCount;
  const outer = Array.from({ length: depth - 1 }, (_, level) => `level-${level}-${branch}`);
  return JSON.parse(JSON.stringify([...outer, `${kind}-${number}`]));
}
