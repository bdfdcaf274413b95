/**
 * One WebSocket connection of softvisio's cluster API (docs/protocols/softvisio.md, sections 2 to 5).
 * Calls run concurrently; each has its answer with the outcome of its command. A call for a mutex:
 *
 *                   granted                        unlocked by any client; revoked
 *     asked ---------------------------> held -----------------------------------> (none)
 *       |                                 ^  \                                       ^
 *       |  waiting             granted    |   \  aborted: nobody knows the lock id   |
 *       +------------> waiting -----------+    +-------------------------------------+
 *       |                 |                                                          |
 *       +-----------------+----------------------------------------------------------+
 *         refused, aborted, the server stops
 *
 * Each call sees at least the effects of the earlier calls on the same connection.
 */
import type { Acquire, Command, Release } from "../../core/command.ts";
import {
  type Effect,
  type LockApiOutcome,
  lockApiOutcome,
  type Outcome,
} from "../../core/effect.ts";
import type { LockKey, RequestId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { TopicCommand, TopicEffect } from "../../fleeting/topics.ts";
import type { MessageConnection, Output, Step } from "../protocol.ts";
import { type AskedLock, createAskedLocks } from "./asked-locks.ts";
import { decodeRequest, type RpcRequest } from "./decode.ts";
import { pongText, type RpcId, sessionDeletedText, successText } from "./encode.ts";
import { closeCodes, type RpcError, type RpcErrorName, rpcError, rpcErrorOf } from "./errors.ts";
import { topicOfName } from "./events.ts";
import { gateError } from "./gate.ts";
import { type MethodCall, type MethodCallOptions, readMethodCall } from "./methods.ts";
import type { SoftvisioConnectionOptions } from "./options.ts";
import { type About, createPendingCommands, type Pending } from "./pending.ts";
import { apiSchema } from "./schema.ts";
import { asking, done, failed, joined, say, silence } from "./steps.ts";

export function openConnection(options: SoftvisioConnectionOptions): MessageConnection {
  const { node, namespace, nextRequest, nameBytesMax } = options;
  const callOptions: MethodCallOptions = { nameBytesMax, isOnConnection: true };
  const session = options.nextSession();
  /** The first command opens the session, so that a client that only subscribes costs the log nothing. */
  let opening: RequestId | undefined;
  /** Why the last attempt to open the session failed. */
  let sessionError = rpcError("too_many_requests");
  const pending = createPendingCommands();
  const locks = createAskedLocks();
  let turnedAwayCount = 0;
  let isStopping = false;
  let isClosed = false;

  function receive(frame: Uint8Array): Step {
    if (isClosed) return silence;
    if (frame.length > strangerBytesMax && strangerFault() !== undefined) {
      return close("too large a message without a token", closeCodes.tooLarge);
    }
    const request = decodeRequest(frame, options.jsonDepthMax);
    return request === undefined ? silence : obey(request);
  }

  function strangerFault(): RpcErrorName | undefined {
    return gateError(options.gate, options.token);
  }

  function obey(request: RpcRequest): Step {
    const { method, params, id } = request;
    if (method === "/ping") return id === undefined ? silence : say(pongText(id));
    switch (method) {
      case "/pong":
      case "/publish":
        return silence;
      case "/abort":
        return abort(request);
      case "/subscribe":
      case "/unsubscribe":
        return strangerFault() === undefined ? subscription(method, params[0]) : silence;
    }
    if (isStopping) return failed(id, rpcError("shutting_down"));
    const why = strangerFault();
    if (why !== undefined) return turnedAway(failed(id, rpcError(why)));
    if (method === "/healthcheck") return done(id);
    if (method === "/schema") return done(id, apiSchema);
    const read = readMethodCall(method, params, callOptions);
    return read.type === "error" ? failed(id, read.error) : perform(id, read.call);
  }

  /** Unauthorized clients call again without a pause; losing the connection forces one. */
  function turnedAway(answer: Step): Step {
    turnedAwayCount += 1;
    return turnedAwayCount < turnedAwayMax ? answer : joined([answer, close("access denied")]);
  }

  function perform(id: RpcId, call: MethodCall): Step {
    switch (call.type) {
      case "publish":
        return {
          ...done(id),
          topics: call.events.map((event) => ({ type: "publish", event, except: session })),
        };
      case "is_locked":
        return look(id, call.mutexId);
      case "unlock":
        return unlock(id, call.mutexId, call.key);
      case "lock":
        // No client would ever learn the lock id.
        return id === undefined ? silence : lock(id, call.mutexId, call.waits);
    }
  }

  function look(id: RpcId, mutexId: string): Step {
    return pending.wait({ id, mutexId }) ? silence : done(id, options.isTaken(mutexId));
  }

  function lock(id: RpcId, mutexId: string, waits: boolean): Step {
    if (waits && locks.waitingCount >= options.waitersMax) {
      const reason = `a connection has at most ${options.waitersMax} calls that wait`;
      return failed(id, rpcError("too_many_requests", [reason]));
    }
    const request = nextRequest();
    const key = options.newKey();
    locks.add({ id, request, key, waits });
    const claims = [{ mode: "exclusive", path: [mutexId] }] as const;
    const command: Acquire = { type: "acquire", session, request, namespace, claims, key };
    return ask(waits ? command : { ...command, waitMs: 0 }, { type: "lock" });
  }

  function unlock(id: RpcId, mutexId: string, key: LockKey): Step {
    const target = { type: "key", namespace, path: [mutexId], key } as const;
    const request = nextRequest();
    pending.add(request, { type: "unlock", id, key });
    return asking([{ type: "release", session, request, target, sessionless: true }]);
  }

  /** The client has given up on the call and ignores its answer. */
  function abort({ params: [given], id }: RpcRequest): Step {
    const asked = locks.ofCall(given) ?? locks.ofCall(id);
    return asked === undefined ? silence : withdraw(asked);
  }

  /** Ends the wait, or releases the lock if it was granted meanwhile. */
  function withdraw({ request }: AskedLock): Step {
    locks.remove(request);
    return ask(withdrawalOf(request, nextRequest()), { type: "withdrawal", of: request });
  }

  function withdrawalOf(asked: RequestId, request: RequestId): Release {
    return { type: "release", session, request, target: { type: "request", request: asked } };
  }

  function ask(command: Acquire | Release, about: About): Step {
    const commands: Command[] = [];
    if (opening === undefined) {
      opening = nextRequest();
      pending.add(opening, { type: "opening" });
      commands.push(openSession(opening));
    }
    pending.add(command.request, about);
    return asking([...commands, command]);
  }

  function openSession(request: RequestId): Command {
    const life = {
      type: "connection",
      graceMs: 0,
      restartGraceMs: options.restartGraceMs,
    } as const;
    return {
      type: "open_session",
      node,
      session,
      request,
      api: "softvisio",
      life,
      origin: options.origin,
    };
  }

  function deliver({ request, outcome }: Effect): Step {
    if (isClosed) return silence;
    if (outcome.type === "session_kicked") return close("ended by an operator");
    const settled = pending.settle(request);
    return thenLook(settled, heard(request, outcome, settled?.about));
  }

  function heard(request: RequestId, outcome: Outcome, about: About | undefined): Step {
    switch (about?.type) {
      case "opening":
        if (outcome.type === "rejected") notOpened(rpcErrorOf(outcome));
        return silence;
      case "unlock":
        return unlocked(about, outcome);
      case "withdrawal":
        return silence;
    }
    // The first outcome of a lock, or a later one.
    const asked = locks.ofRequest(request);
    return asked === undefined ? silence : lockHeard(asked, lockApiOutcome(outcome));
  }

  function unlocked({ id, key }: Extract<About, { type: "unlock" }>, outcome: Outcome): Step {
    if (outcome.type !== "rejected") {
      locks.removeKey(key);
      return done(id, true);
    }
    if (outcome.code === "not_found" || outcome.code === "not_holder") return done(id, false);
    return failed(id, outcome.code === "session_ended" ? sessionError : rpcErrorOf(outcome));
  }

  function lockHeard(asked: AskedLock, outcome: LockApiOutcome): Step {
    const { id, request, key } = asked;
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
        return notLocked(id, outcome);
      default:
        return unreachable(outcome);
    }
  }

  function notLocked(id: RpcId, rejection: Rejection): Step {
    if (rejection.code === "lock_held") return done(id, false);
    return failed(id, rejection.code === "session_ended" ? sessionError : rpcErrorOf(rejection));
  }

  function refuse(request: RequestId, reason: string): Step {
    const settled = pending.refuse(request);
    if (settled === undefined || isClosed) return silence;
    return thenLook(settled, refused(request, settled.about, rpcError("backend_down", [reason])));
  }

  function refused(request: RequestId, about: About, why: RpcError): Step {
    switch (about.type) {
      case "opening":
        notOpened(why);
        return silence;
      case "unlock":
        return failed(about.id, why);
      case "lock": {
        const asked = locks.remove(request);
        return asked === undefined ? silence : failed(asked.id, why);
      }
      case "withdrawal":
        // The client has forgotten the lock and could not unlock it.
        return { ...silence, owed: [withdrawalOf(about.of, request)] };
    }
  }

  /** The next command tries again. */
  function notOpened(why: RpcError): void {
    opening = undefined;
    sessionError = why;
  }

  /** Adds the answers of the calls that waited for this outcome. */
  function thenLook(settled: Pending | undefined, step: Step): Step {
    const { commands, output } = step;
    const lookers = settled?.lookers ?? [];
    const looked = lookers.flatMap(({ id, mutexId }) => done(id, options.isTaken(mutexId)).output);
    const isLast = isStopping && pending.count() === 0 && commands.length === 0;
    if (isLast) isClosed = true;
    return { ...step, output: [...output, ...looked, ...(isLast ? goodbye : [])] };
  }

  function subscription(method: "/subscribe" | "/unsubscribe", names: unknown): Step {
    if (!Array.isArray(names)) return silence;
    const type = method === "/subscribe" ? "subscribe" : "unsubscribe";
    const topics: TopicCommand[] = [];
    for (const name of names) {
      const topic = typeof name === "string" ? topicOfName(name) : undefined;
      if (topic !== undefined) topics.push({ type, session, filter: { type: "topic", topic } });
    }
    return { ...silence, topics };
  }

  function hear(effect: TopicEffect): Step {
    if (isClosed) return silence;
    // A subscription has no answer, so only a close can refuse it.
    if (effect.type === "refused") return close(effect.rejection.reason);
    return effect.type === "event" ? options.tellingOf(effect.event) : silence;
  }

  /** Waiting calls get their answer at once; calls with a pending command get it with the outcome. */
  function stop(): Step {
    if (isClosed || isStopping) return silence;
    isStopping = true;
    const steps = locks.waiting().map(refuseWaiter);
    if (pending.count() > 0) return joined(steps);
    isClosed = true;
    return { ...silence, output: goodbye };
  }

  function refuseWaiter(asked: AskedLock): Step {
    return joined([withdraw(asked), failed(asked.id, rpcError("shutting_down"))]);
  }

  function close(reason: string, code: number = closeCodes.policyViolation): Step {
    isClosed = true;
    return { ...silence, output: [{ type: "close", code, reason }] };
  }

  return {
    session,
    receive: (frame, kind) => (kind === "text" ? receive(frame) : silence),
    deliver,
    refuse,
    hear,
    stop,
    review() {
      if (isClosed || options.token === undefined) return silence;
      if (strangerFault() === undefined) return silence;
      return joined([say(sessionDeletedText), close("the token was revoked")]);
    },
    end() {
      isClosed = true;
      return opening === undefined ? [] : [{ type: "detach_session", session }];
    },
    pendingCount: pending.count,
  };
}

/** Unauthorized calls before the connection is closed. */
const turnedAwayMax = 100;

/** Bytes of a message from an unauthorized client. */
const strangerBytesMax = 16 * 1024;

const goodbye: readonly Output[] = [
  { type: "close", code: closeCodes.goingAway, reason: "the server is stopping" },
];
