/** What the core keeps of sessions. */
import type { Belongings } from "../belongings.ts";
import type { Chain, Chained } from "../chain.ts";
import type { Deadline, Deadlines } from "../deadlines.ts";
import type { LogIndex, NodeId, SessionId, TimeMs } from "../ids.ts";
import type { LockRequest } from "../locks/state.ts";
import type { Share } from "../shares.ts";
import type { OwnTasks } from "../tasks/state.ts";
import type { Login } from "../users/state.ts";
import type { Vacancy, Vacant } from "../vacancies.ts";
import type { SessionLife, SessionOrigin } from "./commands.ts";

export interface Sessions {
  /** In the order of their opening. */
  readonly open: Map<SessionId, Session>;
  /** Those of each node, in the order of their opening. */
  readonly ofNodes: Map<NodeId, Chain<Session>>;
  /** Ends of graces and of idle times. */
  readonly deadlines: Deadlines<Session>;
  /** Those that could make room for another, of any address. */
  readonly vacant: Deadlines<Vacant>;
}

/** What the log says about a session. The state and the snapshot keep the same. */
export interface SessionFacts {
  readonly id: SessionId;
  readonly node: NodeId;
  readonly api: string;
  readonly life: SessionLife;
  readonly origin: SessionOrigin;
  readonly openedIndex: LogIndex;
  readonly openedAt: TimeMs;
  /** Its connection is alive; always true for a session that lives by its requests. */
  isAttached: boolean;
}

/** An open session, which owns locks and has tasks (it is a `LockOwner` and a `TaskParty`); chained with the others of its node. */
export interface Session extends SessionFacts, Chained<Session> {
  readonly locks: Belongings<LockRequest>;
  tasks: OwnTasks | undefined;
  readonly share: Share | undefined;
  /** As costs.ts counts them. */
  readonly bytes: number;
  deadline: Deadline<Session> | undefined;
  login: Login | undefined;
  /** None when it lives by its connection, and when it has ended. */
  vacancies: readonly Vacancy[];
}

export function createSessions(): Sessions {
  return { open: new Map(), ofNodes: new Map(), deadlines: [], vacant: [] };
}
