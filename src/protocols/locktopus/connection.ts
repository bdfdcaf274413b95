/**
 * One connection of Locktopus V1 (docs/protocols/locktopus.md, sections 2 to 4).
 *
 * The state that the client has been sent:
 *
 *              granted
 *     ready -------------------> acquired
 *      ^ |                        ^    |
 *      | | waiting       granted  |    |
 *      | +--------> enqueued -----+    |
 *      |               |               |
 *      +---------------+---------------+
 *                   released
 *
 * Answers follow the commit, and the client need not wait for them: each message is judged by the state
 * that the earlier messages lead to. Whether the client then has a lock (held, in line or just asked
 * for) is known at once, and that decides. A protocol error, a rejection, an operator or a stop of the
 * server ends the connection, behind all earlier answers:
 *
 *     open ----> ending ----> closed
 */
import type { Claim, Command, SessionOrigin } from "../../core/command.ts";
import { type LockApiOutcome, lockApiOutcome } from "../../core/effect.ts";
import type { Namespace, NodeId, RequestId, SessionId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { Identities, MessageConnection, Output, Step } from "../protocol.ts";
import { type Action, decodeAction } from "./decode.ts";
import { answerText } from "./encode.ts";
import { CommunicationError, closeCodes, errorText, rejectionReason } from "./errors.ts";

export interface LocktopusConnectionOptions {
  readonly identities: Identities;
  readonly node: NodeId;
  readonly namespace: Namespace;
  readonly origin: SessionOrigin;
  /** How long the server keeps the lock of a client that left without a release. */
  readonly abandonTimeoutMs: number;
  readonly jsonDepthMax: number;
  /** Called once, when the connection has ended. */
  ended(): void;
}

export function openConnection(options: LocktopusConnectionOptions): MessageConnection {
  const { identities, node, namespace, abandonTimeoutMs, jsonDepthMax } = options;
  /** Opened with the first lock, so that an idle connection costs the log nothing. */
  let session: SessionId | undefined;
  /** The one lock that the client has or asks for after all its messages so far. */
  let lock: RequestId | undefined;
  /** Requests without an answer yet. Answers come in the order of requests. */
  const pending: RequestId[] = [];
  let sent: LockState = "ready";
  /** The request that waits in line, after its answer `enqueued`. */
  let waiting: RequestId | undefined;
  let ending: Ending | undefined;
  let isClosed = false;
  let isGone = false;

  return {
    receive(message) {
      if (isClosed || ending !== undefined) return silence;
      try {
        return obey(decodeAction(message, jsonDepthMax));
      } catch (error) {
        if (error instanceof CommunicationError) return endWith(errorEnding(error.message));
        throw error;
      }
    },

    deliver(effect) {
      if (isClosed) return silence;
      const { request } = effect;
      const outcome = lockApiOutcome(effect.outcome);
      if (outcome.type === "revoked") return failAt(0, "the lock was revoked by an operator");
      if (outcome.type === "session_kicked") return failAt(0, "ended by an operator");
      const isAnswer = request === pending[0];
      if (isAnswer) pending.shift();
      else if (request !== waiting) return silence;
      if (outcome.type !== "rejected") return say(answer(request, outcome));
      // A waiter whose release is pending: the outcome of the release follows.
      if (!isAnswer && pending.length > 0) return silence;
      return failAt(0, rejectionReason(outcome));
    },

    refuse(request, reason) {
      const index = pending.indexOf(request);
      return isClosed || index === -1 ? silence : failAt(index, reason);
    },

    stop() {
      return isClosed ? silence : endWith(ending ?? { type: "stop" });
    },

    end() {
      if (isGone) return [];
      isGone = true;
      isClosed = true;
      options.ended();
      return session === undefined ? [] : [{ type: "detach_session", session }];
    },

    pendingCount: () => pending.length,
  };

  function obey(action: Action): Step {
    if (action.type === "lock") {
      return lock === undefined ? acquire(action.claims) : endWith(outOfTurn("lock"));
    }
    if (session === undefined || lock === undefined) return endWith(outOfTurn("release"));
    return release(session, lock);
  }

  function acquire(claims: readonly Claim[]): Step {
    const commands: Command[] = [];
    if (session === undefined) {
      session = identities.nextSession();
      commands.push(openSession(session));
    }
    lock = nextRequest();
    commands.push({ type: "acquire", session, request: lock, namespace, claims });
    return { commands, output: none };
  }

  function release(owner: SessionId, held: RequestId): Step {
    lock = undefined;
    const target = { type: "request", request: held } as const;
    const request = nextRequest();
    return { commands: [{ type: "release", session: owner, request, target }], output: none };
  }

  function openSession(opened: SessionId): Command {
    const life = {
      type: "connection",
      graceMs: abandonTimeoutMs,
      restartGraceMs: abandonTimeoutMs,
    } as const;
    const request = nextRequest();
    return {
      type: "open_session",
      node,
      session: opened,
      request,
      api: "locktopus",
      life,
      origin: options.origin,
    };
  }

  function nextRequest(): RequestId {
    const request = identities.nextRequest();
    pending.push(request);
    return request;
  }

  /** The answer to the outcome; `undefined` for the opening of the session. */
  function answer(
    request: RequestId,
    outcome: Exclude<LockApiOutcome, Rejection>,
  ): string | undefined {
    switch (outcome.type) {
      case "waiting":
        sent = "enqueued";
        waiting = request;
        return answerText(outcome);
      case "granted":
        sent = "acquired";
        waiting = undefined;
        return answerText(outcome);
      case "released":
        sent = "ready";
        waiting = undefined;
        return answerText(outcome);
      case "session_opened":
      case "session_touched":
      case "session_closed":
      case "session_kicked":
      case "released_by_other":
      case "renewed":
      case "lease_expired":
      case "revoked":
        return undefined;
      default:
        return unreachable(outcome);
    }
  }

  /** Answers the request at this place with an error, and the later ones not at all. */
  function failAt(index: number, reason: string): Step {
    pending.length = index;
    return endWith(errorEnding(reason));
  }

  function endWith(how: Ending): Step {
    ending = how;
    return say(undefined);
  }

  function say(text: string | undefined): Step {
    const output: Output[] = text === undefined ? [] : [{ type: "text", text }];
    if (ending === undefined || pending.length > 0) return { commands: none, output };
    isClosed = true;
    return { commands: none, output: [...output, ...lastWords(ending, sent)] };
  }
}

type LockState = "ready" | "enqueued" | "acquired";

type Ending =
  | { readonly type: "error"; readonly reason: string }
  /** The error names the client's state behind all earlier answers. */
  | { readonly type: "out_of_turn"; readonly action: Action["type"] }
  | { readonly type: "stop" };

const none: readonly never[] = [];
const silence: Step = { commands: none, output: none };

function errorEnding(reason: string): Ending {
  return { type: "error", reason };
}

function outOfTurn(action: Action["type"]): Ending {
  return { type: "out_of_turn", action };
}

function lastWords(ending: Ending, state: LockState): readonly Output[] {
  switch (ending.type) {
    case "error":
      return errorOutput(ending.reason);
    case "out_of_turn":
      return errorOutput(`invalid action [${ending.action}] in state [${state}]`);
    case "stop":
      return [{ type: "close", code: closeCodes.goingAway, reason: "server is stopping" }];
  }
}

function errorOutput(reason: string): readonly Output[] {
  return [
    { type: "text", text: errorText(reason) },
    { type: "close", code: closeCodes.communicationError, reason: "" },
  ];
}
