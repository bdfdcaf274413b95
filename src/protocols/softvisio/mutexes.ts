/**
 * The mutexes of one connection (docs/protocols/softvisio.md, section 4). A call for a mutex:
 *
 *                   granted                        unlocked by any client; revoked
 *     asked ---------------------------> held -----------------------------------> (none)
 *       |                                 ^  \                                       ^
 *       |  waiting             granted    |   \  aborted: nobody knows the lock id   |
 *       +------------> waiting -----------+    +-------------------------------------+
 *       |                 |                                                          |
 *       +-----------------+----------------------------------------------------------+
 *         refused, aborted, the server stops
 */
import type { Acquire, Command, Release } from "../../core/command.ts";
import { type LockApiOutcome, lockApiOutcome, type Outcome } from "../../core/effect.ts";
import type { LockKey, RequestId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import { unreachable } from "../../core/unreachable.ts";
import { asking, type Step, say, silence } from "../conversation.ts";
import { nobody, type Principal } from "../identity.ts";
import { withPrincipal } from "../origin.ts";
import { notOpened, openSession, waitersFull } from "../own-session.ts";
import type { AskedLock } from "./asked-locks.ts";
import { type RpcId, successText } from "./encode.ts";
import { type RpcError, rpcError, rpcErrorOf } from "./errors.ts";
import type { About } from "./pending.ts";
import { done, failed } from "./steps.ts";
import type { SoftvisioTalk } from "./talk.ts";

/** Answers at once, or behind the pending commands, so that the answer shows their effect. */
export function look(talk: SoftvisioTalk, id: RpcId, mutexId: string): Step<string> {
  const { pending, options } = talk;
  return pending.wait({ id, mutexId }) ? silence : done(id, options.isTaken(mutexId));
}

export function lock(
  talk: SoftvisioTalk,
  id: RpcId,
  { mutexId, waits }: { readonly mutexId: string; readonly waits: boolean },
): Step<string> {
  const { locks, options, session } = talk;
  const full = waits ? waitersFull(locks.waitingCount, options.waitersMax) : undefined;
  if (full !== undefined) return failed(id, rpcError("too_many_requests", [full]));
  const { namespace } = options;
  const request = options.nextRequest();
  const key = options.newKey();
  locks.add({ id, request, key, waits });
  const claims = [{ mode: "exclusive", path: [mutexId] }] as const;
  const command: Acquire = { type: "acquire", session, request, namespace, claims, key };
  return ask(talk, waits ? command : { ...command, waitMs: 0 }, { type: "lock" });
}

export function unlock(
  { options, pending, session }: SoftvisioTalk,
  id: RpcId,
  { mutexId, key }: { readonly mutexId: string; readonly key: LockKey },
): Step<string> {
  const target = { type: "key", namespace: options.namespace, path: [mutexId], key } as const;
  const request = options.nextRequest();
  pending.add(request, { type: "unlock", id, key });
  return asking({ type: "release", session, request, target, sessionless: true });
}

/** Ends the wait, or releases the lock if it was granted meanwhile. */
export function withdraw(talk: SoftvisioTalk, { request }: AskedLock): Step<string> {
  talk.locks.remove(request);
  const command = withdrawalOf(talk, request, talk.options.nextRequest());
  return ask(talk, command, { type: "withdrawal", of: request });
}

function withdrawalOf({ session }: SoftvisioTalk, asked: RequestId, request: RequestId): Release {
  return { type: "release", session, request, target: { type: "request", request: asked } };
}

function ask(talk: SoftvisioTalk, command: Acquire | Release, about: About): Step<string> {
  const { pending } = talk;
  const commands: Command[] = [];
  if (talk.opening === undefined) commands.push(opening(talk));
  pending.add(command.request, about);
  return asking(...commands, command);
}

function opening(talk: SoftvisioTalk): Command {
  const { node, restartGraceMs, origin, nextRequest } = talk.options;
  const terms = {
    node,
    api: "softvisio",
    origin: withPrincipal(origin, principalOf(talk)),
    graceMs: 0,
    restartGraceMs,
  };
  const request = nextRequest();
  talk.pending.add(request, { type: "opening" });
  return openSession(talk, request, terms);
}

function principalOf({ judgement }: SoftvisioTalk): Principal {
  const isAdmitted = !(judgement instanceof Promise) && judgement.type === "admitted";
  return isAdmitted ? judgement.principal : nobody;
}

/** Takes the outcome of a pending command, or a later one of a lock. */
export function settled(
  talk: SoftvisioTalk,
  { request, outcome }: { readonly request: RequestId; readonly outcome: Outcome },
  about: About | undefined,
): Step<string> {
  switch (about?.type) {
    case "opening":
      if (outcome.type === "rejected") notOpened(talk, rpcErrorOf(outcome));
      return silence;
    case "unlock":
      return unlocked(talk, about, outcome);
    case "withdrawal":
      return silence;
    case "lock":
    case undefined: {
      const asked = talk.locks.ofRequest(request);
      return asked === undefined ? silence : lockSettled(talk, asked, lockApiOutcome(outcome));
    }
    default:
      return unreachable(about);
  }
}

function unlocked(
  talk: SoftvisioTalk,
  { id, key }: Extract<About, { type: "unlock" }>,
  outcome: Outcome,
): Step<string> {
  if (outcome.type !== "rejected") {
    talk.locks.removeKey(key);
    return done(id, true);
  }
  if (outcome.code === "not_found" || outcome.code === "not_holder") return done(id, false);
  return failed(id, errorOf(talk, outcome));
}

function lockSettled(
  talk: SoftvisioTalk,
  { id, request, key }: AskedLock,
  outcome: LockApiOutcome,
): Step<string> {
  const { locks } = talk;
  switch (outcome.type) {
    case "waiting":
    case "session_opened":
    case "session_touched":
    case "session_closed":
    case "session_kicked":
      return silence;
    case "granted":
      locks.hold(request);
      return say(successText(id, { data: key, token: outcome.token }));
    case "released":
    case "released_by_other":
    case "renewed":
    case "lease_expired":
    case "revoked":
      // The call has its answer; another client has unlocked the mutex, or an operator.
      locks.remove(request);
      return silence;
    case "rejected":
      locks.remove(request);
      return outcome.code === "lock_held" ? done(id, false) : failed(id, errorOf(talk, outcome));
    default:
      return unreachable(outcome);
  }
}

function errorOf({ whyNotOpen }: SoftvisioTalk, rejection: Rejection): RpcError {
  return rejection.code === "session_ended" ? whyNotOpen : rpcErrorOf(rejection);
}

/** The log has refused a pending command. */
export function refused(
  talk: SoftvisioTalk,
  request: RequestId,
  about: About,
  why: RpcError,
): Step<string> {
  switch (about.type) {
    case "opening":
      notOpened(talk, why);
      return silence;
    case "unlock":
      return failed(about.id, why);
    case "lock": {
      const asked = talk.locks.remove(request);
      return asked === undefined ? silence : failed(asked.id, why);
    }
    case "withdrawal":
      // The client has forgotten the lock and could not unlock it.
      return { ...silence, owed: [withdrawalOf(talk, about.of, request)] };
    default:
      return unreachable(about);
  }
}
