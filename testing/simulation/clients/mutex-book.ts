/** The mutexes of a softvisio client as one of its connections knows them, and answers that it must not receive. */

import { InvariantBroken } from "../invariant-broken.ts";
import type { ClientParts } from "./client.ts";

export interface MutexBook {
  asks(question: MutexQuestion): void;
  answered(question: MutexQuestion, answer: MutexAnswer): void;
  refused(question: MutexQuestion): void;
  /** From now on others may unlock it. */
  share(lockId: string): void;
  /** The connection's lock of that mutex, unless another client may have unlocked it or this one has asked to. */
  surelyHeld(mutexId: string): string | undefined;
}

export type MutexQuestion =
  | {
      readonly type: "lock";
      readonly mutexId: string;
      /** The highest token that the client had received when it asked. */
      readonly above: number;
    }
  | { readonly type: "unlock"; readonly lockId: string }
  | {
      readonly type: "look";
      /** The lock of that mutex that the connection surely held when it asked. */
      readonly heldId: string | undefined;
    };

export interface MutexAnswer {
  readonly data: unknown;
  /** Present in a grant. */
  readonly token: number | undefined;
  /** Whether the client has aborted the call. */
  readonly isAborted: boolean;
}

/** Shared by all connections of a client. */
export interface Fence {
  /** The highest token that the client has received. */
  token: number;
}

/** A lock that was granted on this connection, and whose end it has not received. */
interface Holding {
  readonly mutexId: string;
  /** Whether others may unlock it. */
  isShared: boolean;
  unlocksAsked: number;
}

export function createMutexBook(
  { scenario, isHeld }: Pick<ClientParts, "scenario" | "isHeld">,
  name: string,
  fence: Fence,
): MutexBook {
  const holdings = new Map<string, Holding>();
  let lastToken = 0;
  /** Otherwise a loss of power may undo answers. */
  const isKept = scenario.config.durability === "always";

  function broken(what: string): never {
    throw new InvariantBroken(`${name} ${what}`);
  }

  function locked(question: Extract<MutexQuestion, { type: "lock" }>, answer: MutexAnswer): void {
    const { mutexId, above } = question;
    const { data: lockId, token = 0, isAborted } = answer;
    if (lockId === false) return;
    if (typeof lockId !== "string" || !uuid.test(lockId)) broken(`receives the lock id ${lockId}`);
    if (token <= lastToken) broken(`receives token ${token} after ${lastToken}`);
    if (isKept && token <= above) broken(`receives token ${token}, and had ${above} before`);
    lastToken = token;
    fence.token = Math.max(fence.token, token);
    for (const [heldId, held] of holdings) {
      if (held.mutexId !== mutexId || held.isShared) continue;
      if (held.unlocksAsked === 0) broken(`receives ${lockId}, and holds ${heldId} of ${mutexId}`);
      broken(`receives ${lockId} before the answer to its unlock of ${heldId}`);
    }
    if (!isAborted) holdings.set(lockId, { mutexId, isShared: false, unlocksAsked: 0 });
  }

  function unlocked({ lockId }: { readonly lockId: string }, wasHeld: unknown): void {
    const holding = holdings.get(lockId);
    holdings.delete(lockId);
    if (wasHeld === true) {
      if (isKept && isHeld(lockId)) broken(`has unlocked ${lockId}, and it is held`);
    } else if (holding?.isShared === false) {
      broken(`learns that its own ${lockId} was not held`);
    }
  }

  /** The answer may be of any moment since the question, and it comes even if the client has aborted the call. */
  function looked({ heldId }: Extract<MutexQuestion, { type: "look" }>, isLocked: unknown): void {
    if (heldId === undefined || isLocked === true) return;
    const holding = holdings.get(heldId);
    if (holding !== undefined && isSure(holding))
      broken(`holds ${holding.mutexId}, and learns that nobody does`);
  }

  return {
    asks(question) {
      if (question.type !== "unlock") return;
      const holding = holdings.get(question.lockId);
      if (holding !== undefined) holding.unlocksAsked += 1;
    },
    answered(question, answer) {
      switch (question.type) {
        case "lock":
          return locked(question, answer);
        case "unlock":
          return unlocked(question, answer.data);
        case "look":
          return looked(question, answer.data);
      }
    },
    refused(question) {
      if (question.type !== "unlock") return;
      const holding = holdings.get(question.lockId);
      if (holding !== undefined) holding.unlocksAsked -= 1;
    },
    share(lockId) {
      const holding = holdings.get(lockId);
      if (holding !== undefined) holding.isShared = true;
    },
    surelyHeld(mutexId) {
      for (const [lockId, held] of holdings)
        if (held.mutexId === mutexId && isSure(held)) return lockId;
      return undefined;
    },
  };
}

function isSure({ isShared, unlocksAsked }: Holding): boolean {
  return !isShared && unlocksAsked === 0;
}

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
