import type { Claim, SessionLife } from "./command.ts";
import type {
  FencingToken,
  LockKey,
  LockNumber,
  LogIndex,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
  TimeMs,
} from "./ids.ts";
import type { Limits } from "./limits.ts";

/** The state as plain data, in the order in which it must be restored. */
export type SnapshotRecord =
  | {
      readonly type: "state";
      readonly index: LogIndex;
      readonly at: TimeMs;
      readonly lastToken: FencingToken;
      readonly limits: Limits;
    }
  | {
      readonly type: "namespace";
      readonly namespace: Namespace;
      readonly lastNumber: LockNumber;
      readonly usedAt: TimeMs;
    }
  /** A path that keeps its slot size; in the order of last use. */
  | {
      readonly type: "slot";
      readonly namespace: Namespace;
      readonly path: readonly string[];
      readonly size: number;
      readonly usedAt: TimeMs;
    }
  | {
      readonly type: "session";
      readonly session: SessionId;
      readonly node: NodeId;
      readonly api: string;
      readonly life: SessionLife;
      readonly openedIndex: LogIndex;
      readonly isAttached: boolean;
      readonly endsAt?: TimeMs;
    }
  /** A live lock request; in the order of acceptance. */
  | {
      readonly type: "lock";
      readonly namespace: Namespace;
      readonly number: LockNumber;
      readonly acceptedIndex: LogIndex;
      readonly acceptedAt: TimeMs;
      /** Absent: it outlived its session. */
      readonly session?: SessionId;
      readonly request: RequestId;
      readonly claims: readonly Claim[];
      readonly key?: LockKey;
      readonly outlivesSession?: true;
      /** Absent: waiting. */
      readonly token?: FencingToken;
      readonly leaseMs?: number;
      readonly deadline?: TimeMs;
    };
