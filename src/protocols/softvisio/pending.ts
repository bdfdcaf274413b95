import type { LockKey, RequestId } from "../../core/ids.ts";
import type { RpcId } from "./encode.ts";

/** The purpose of a pending command. */
export type About =
  | { readonly type: "opening" }
  | { readonly type: "lock" }
  | { readonly type: "unlock"; readonly id: RpcId; readonly key: LockKey }
  | { readonly type: "withdrawal"; readonly of: RequestId };

/** A command without an outcome yet. */
export interface Pending {
  readonly about: About;
  /** Calls of `is-locked` that wait for this command's outcome, so that they see its effect. */
  readonly lookers: readonly Looker[];
}

export interface Looker {
  readonly id: RpcId;
  readonly mutexId: string;
}

/** The pending commands of one connection. */
export interface PendingCommands {
  add(request: RequestId, about: About): void;
  /** `undefined` if the command was settled before or is unknown. */
  settle(request: RequestId): Pending | undefined;
  /** The log refused the command. It may still accept earlier ones, so the lookers wait on for those. */
  refuse(request: RequestId): Pending | undefined;
  /** Waits for the newest command, which settles last because the log keeps the order. `false`: none is pending. */
  wait(looker: Looker): boolean;
  /** Includes the lookers, which take memory too while they wait. */
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
