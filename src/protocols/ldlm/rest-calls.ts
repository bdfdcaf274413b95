import type { SessionId } from "../../core/ids.ts";
import { type Caller, lock, type PreparedCall, renew, unlock } from "./calls.ts";
import { messageReader } from "./json-message.ts";
import { lockRequest, renewRequest, tryLockRequest, unlockRequest } from "./messages.ts";
import type { LdlmRestOptions } from "./options.ts";

/** Prepares a call. Throws `JsonMessageError` for a body that is not the call's request. */
export type RestCall = (
  body: Uint8Array,
  session: SessionId,
  options: LdlmRestOptions,
) => PreparedCall;

const readLock = messageReader(lockRequest);
const readTryLock = messageReader(tryLockRequest);
const readUnlock = messageReader(unlockRequest);
const readRenew = messageReader(renewRequest);

/** By path; docs/protocols/ldlm.md, section 4.1. */
export const restCalls: ReadonlyMap<string, RestCall> = new Map<string, RestCall>([
  [
    "/v1/lock",
    (body, session, options) => {
      const { waitMsMax, jsonDepthMax } = options;
      const caller = callerOf(session, options);
      // No REST request waits for ever, and by default none waits.
      return waitMsMax === 0
        ? lock(readTryLock(body, jsonDepthMax), { type: "none" }, caller)
        : lock(readLock(body, jsonDepthMax), { type: "bounded", waitMsMax }, caller);
    },
  ],
  [
    "/v1/unlock",
    (body, session, options) =>
      unlock(readUnlock(body, options.jsonDepthMax), callerOf(session, options)),
  ],
  [
    "/v1/renew",
    (body, session, options) =>
      renew(readRenew(body, options.jsonDepthMax), callerOf(session, options)),
  ],
]);

/** The locks of a REST session always end with it, because it has no connection that could be lost. */
function callerOf(session: SessionId, options: LdlmRestOptions): Caller {
  const { namespace, nameBytesMax, nextRequest, newKey } = options;
  return { session, namespace, keepsLocks: false, nameBytesMax, nextRequest, newKey };
}
