import type { LockKey, RequestId } from "../../core/ids.ts";
import type { RpcId } from "./encode.ts";

/** A mutex that a call has asked for, until it is refused, aborted or unlocked. */
export interface AskedLock {
  readonly id: RpcId;
  readonly request: RequestId;
  readonly key: LockKey;
  /** Whether the call may wait in line. */
  readonly waits: boolean;
}

/** The asked locks of one connection. */
export interface AskedLocks {
  add(lock: AskedLock): void;
  /** The call has its answer, the lock id. */
  hold(request: RequestId): void;
  remove(request: RequestId): AskedLock | undefined;
  removeKey(key: LockKey): void;
  ofRequest(request: RequestId): AskedLock | undefined;
  /** Finds a held lock too, because the answer may not have reached the client. */
  ofCall(id: unknown): AskedLock | undefined;
  /** Those not granted yet that may wait in line, in the order of their calls. */
  waiting(): readonly AskedLock[];
  readonly waitingCount: number;
}

export function createAskedLocks(): AskedLocks {
  const locks = new Map<RequestId, AskedLock>();
  const waiting = new Map<RequestId, AskedLock>();
  const requestsByCall = new Map<unknown, RequestId>();
  const requestsByKey = new Map<LockKey, RequestId>();

  function remove(request: RequestId): AskedLock | undefined {
    const lock = locks.get(request);
    if (lock === undefined) return undefined;
    locks.delete(request);
    waiting.delete(request);
    requestsByKey.delete(lock.key);
    // A client may have reused the id.
    if (requestsByCall.get(lock.id) === request) requestsByCall.delete(lock.id);
    return lock;
  }

  function found(request: RequestId | undefined): AskedLock | undefined {
    return request === undefined ? undefined : locks.get(request);
  }

  return {
    add(lock) {
      locks.set(lock.request, lock);
      if (lock.waits) waiting.set(lock.request, lock);
      requestsByCall.set(lock.id, lock.request);
      requestsByKey.set(lock.key, lock.request);
    },
    hold: (request) => void waiting.delete(request),
    remove,
    removeKey(key) {
      const request = requestsByKey.get(key);
      if (request !== undefined) remove(request);
    },
    ofRequest: found,
    ofCall: (id) => found(requestsByCall.get(id)),
    waiting: () => [...waiting.values()],
    get waitingCount() {
      return waiting.size;
    },
  };
}
