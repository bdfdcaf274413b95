import type { LockKey, RequestId } from "../../core/ids.ts";
import type { RpcId } from "./encode.ts";

/** What a command on its way to the log was for. */
export type About =
  | { readonly type: "opening" }
  | { readonly type: "lock" }
  | { readonly type: "unlock"; readonly id: RpcId; readonly key: LockKey }
  | { readonly type: "withdrawal"; readonly of: RequestId };

/** A command that the log has not said a word about. */
export interface Pending {
  readonly about: About;
  /** Calls that look at a mutex now that this is known: they see what the command has done. */
  readonly lookers: readonly Looker[];
}

export interface Looker {
  readonly id: RpcId;
  readonly mutexId: string;
}

/** Those of one connection. */
export interface PendingCommands {
  add(request: RequestId, about: About): void;
  /** `undefined`: it was settled before, or is none of these. */
  settle(request: RequestId): Pending | undefined;
  /** The log refused it. It may yet take what was asked before: who looks goes on waiting for that. */
  refuse(request: RequestId): Pending | undefined;
  /** Until the newest is settled: then all are, since the log keeps the order. `false`: all are by now. */
  wait(looker: Looker): boolean;
  /** With the calls that look: they take room, too, while the log says nothing. */
  count(): number;
}

export function createPendingCommands(): PendingCommands {
  const pending = new Map<RequestId, Pending & { readonly lookers: Looker[] }>();
  let newest: RequestId | undefined;
  let lookerCount = 0;

  function settle(request: RequestId): Pending | undefined {
    const settled = pending.get(request);
    if (settled === undefined) return undefined;
    pending.delete(request);
    lookerCount -= settled.lookers.length;
    return settled;
  }

  function wait(looker: Looker): boolean {
    const before = newest === undefined ? undefined : pending.get(newest);
    if (before === undefined) return false;
    before.lookers.push(looker);
    lookerCount += 1;
    return true;
  }

  return {
    add(request, about) {
      pending.set(request, { about, lookers: [] });
      newest = request;
    },
    settle,
    refuse(request) {
      const refused = settle(request);
      if (refused === undefined) return undefined;
      if (request === newest) newest = [...pending.keys()].at(-1);
      return { ...refused, lookers: refused.lookers.filter((looker) => !wait(looker)) };
    },
    wait,
    count: () => pending.size + lookerCount,
  };
}
