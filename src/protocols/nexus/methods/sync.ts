import type { Outcome } from "../../../core/effect.ts";
import type { LockKey } from "../../../core/ids.ts";
import type { RejectionCode } from "../../../core/rejection.ts";
import { type Answer, type Doing, failure, result } from "../doing.ts";
import { jsonOf, ok } from "../encode.ts";
import { rpcError } from "../errors.ts";
import type { HeldLock } from "../options.ts";
import type { Params } from "../params.ts";
import type { NexusTalk } from "../talk.ts";
import { count, type Listed, list } from "./listing.ts";
import { denied, may, nameOf, rejection, wrong } from "./reading.ts";

/** Those of all APIs that are in the same namespace. */
const heldLocks: Listed<HeldLock> = {
  things: ({ options }) => options.heldLocks(),
  nameOf: ({ name }) => name,
  shown: (_, { name, owner = "" }) => jsonOf({ id: name, owner }),
};

export const syncMethods = {
  "sync.lock": (talk: NexusTalk, params: Params): Doing => {
    const lock = nameOf(params, "lock", talk.options.nameBytesMax);
    if (lock === undefined) return wrong("lock");
    if (!may(talk, "sync.lock", lock)) return denied;
    const { namespace } = talk.options;
    const claims = [{ mode: "exclusive", path: [lock] }] as const;
    const key = keyOf(talk, lock);
    return {
      type: "command",
      command: { type: "acquire", namespace, claims, key, waitMs: 0 },
      needsSession: true,
      next: (outcome) => (outcome.type === "granted" ? result(ok) : notOwned(talk, outcome)),
    };
  },
  "sync.unlock": (talk: NexusTalk, params: Params): Doing => {
    const lock = nameOf(params, "lock", talk.options.nameBytesMax);
    if (lock === undefined) return wrong("lock");
    if (!may(talk, "sync.unlock", lock)) return denied;
    const { namespace } = talk.options;
    const target = { type: "key", namespace, path: [lock], key: keyOf(talk, lock) } as const;
    return {
      type: "command",
      command: { type: "release", target, sessionless: true },
      needsSession: false,
      next: (outcome) => (outcome.type === "released" ? result(ok) : notOwned(talk, outcome)),
    };
  },
  "sync.list": list(heldLocks, "sync.list"),
  "sync.count": count(heldLocks, "sync.count"),
};

/** Follows from the name, so that the conversation need not remember its locks. */
function keyOf({ secret }: NexusTalk, lock: string): LockKey {
  return `${secret}/${lock}` as LockKey;
}

/** `invalid_argument`: this connection has it already, and so its key is in use. */
const notOwnedCodes: ReadonlySet<RejectionCode> = new Set([
  "lock_held",
  "invalid_argument",
  "size_mismatch",
  "not_holder",
  "not_found",
]);

/** Who does not have the lock; in 0.2 that is no error. */
function notOwned({ dialect }: NexusTalk, outcome: Outcome): Answer {
  if (outcome.type !== "rejected") return failure(rpcError("internal_error", outcome.type));
  if (!notOwnedCodes.has(outcome.code)) return rejection(outcome);
  return dialect === "0.2" ? result(jsonOf({ ok: false })) : failure(rpcError("lock_not_owned"));
}
