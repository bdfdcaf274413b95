import type { LockKey, RequestId } from "../../core/ids.ts";
import type { CallId } from "./encode.ts";

/** What a command on its way to the log was for. */
export type About =
  | { readonly type: "opening" }
  | { readonly type: "lock" }
  | { readonly type: "unlock"; readonly id: CallId; readonly key: LockKey }
  | { readonly type: "withdrawal" };

/** A command that the log has not said a word about. */
export interface Pending {
  readonly about: About;
  /** Calls that look at a mutex when that is known: they see what the command has done. */
  readonly lookers: Looker[];
}

export interface Looker {
  readonly id: CallId;
  readonly mutexId: string;
}

/** Those of one connection. */
export interface PendingCommands {
  add(request: RequestId, about: About): void;
  /** `undefined`: it was settled before, or is none of these. */
  settle(request: RequestId): Pending | undefined;
  /** The one that was asked last, unless that is settled; then all are, since the log keeps the order. */
  newest(): Pending | undefined;
  readonly count: number;
}

export function createPendingCommands(): PendingCommands {
  const pending = new Map<RequestId, Pending>();
  let last: RequestId | undefined;
  return {
    add(request, about) {
      pending.set(request, { about, lookers: [] });
      last = request;
    },
    settle(request) {
      const settled = pending.get(request);
      pending.delete(request);
      return settled;
    },
    newest: () => (last === undefined ? undefined : pending.get(last)),
    get count() {
      return pending.size;
    },
  };
}
