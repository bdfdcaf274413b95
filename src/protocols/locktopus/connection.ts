/**
 * One connection of Locktopus V1 (docs/protocols/locktopus.md, sections 2 to 4).
 *
 * What the peer has been told so far:
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
 * Answers come after the commit, and the peer need not wait for them: each message is judged by the
 * state to which the ones before it lead. Whether the peer has a lock then (held, in line or just
 * asked for) is known at once, and that decides. Whatever ends the connection, a message against the
 * protocol, a rejection, an operator or a stop of the server, is said when all answers before it are in:
 *
 *     open ----> ending ----> closed
 */
import type { Claim, Command } from "../../core/command.ts";
import type { Outcome } from "../../core/effect.ts";
import type { Namespace, NodeId, RequestId, SessionId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { Identities, MessageConnection, Output, Step } from "../protocol.ts";
import { type Action, decodeAction } from "./decode.ts";
import { answerText } from "./encode.ts";
import { CommunicationError, closeCodes, errorText, rejectionReason } from "./errors.ts";

export interface LocktopusConnectionOptions {
  readonly identities: Identities;
  readonly node: NodeId;
  readonly namespace: Namespace;
  /** How long a lock is kept for a peer that left without giving it back. */
  readonly abandonTimeoutMs: number;
  readonly jsonDepthMax: number;
  /** Told once, when the connection is gone. */
  ended(): void;
}

export function openConnection(options: LocktopusConnectionOptions): MessageConnection {
  const { identities, node, namespace, abandonTimeoutMs, jsonDepthMax } = options;
  /** Opened with the first lock: an idle connection costs the log nothing. */
  let session: SessionId | undefined;
  /** The one lock that the peer has or asks for, once all that it has sent is done. */
  let lock: RequestId | undefined;
  /** Asked and not answered yet, in the order of asking; the answers come in the same. */
  const pending: RequestId[] = [];
  let told: LockState = "ready";
  /** The request that was answered `enqueued`, while that is true. */
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

    deliver({ request, outcome }) {
      if (isClosed) return silence;
      if (outcome.type === "revoked") return failAt(0, "the lock was revoked by an operator");
      if (outcome.type === "session_kicked") return failAt(0, "ended by an operator");
      const isAnswer = request === pending[0];
      if (isAnswer) pending.shift();
      else if (request !== waiting) return silence;
      if (outcome.type !== "rejected") return say(tell(request, outcome));
      // A waiter whose release is on its way: the answer to that says what became of it.
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
    return { type: "open_session", node, session: opened, request, api: "locktopus", life };
  }

  function nextRequest(): RequestId {
    const request = identities.nextRequest();
    pending.push(request);
    return request;
  }

  /** What the peer hears of the outcome; nothing of the opening of its session. */
  function tell(request: RequestId, outcome: Exclude<Outcome, Rejection>): string | undefined {
    switch (outcome.type) {
      case "waiting":
        told = "enqueued";
        waiting = request;
        return answerText(outcome);
      case "granted":
        told = "acquired";
        waiting = undefined;
        return answerText(outcome);
      case "released":
        told = "ready";
        waiting = undefined;
        return answerText(outcome);
      default:
        return undefined;
    }
  }

  /** The answer at this place is an error, and what was asked after it is answered no more. */
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
    return { commands: none, output: [...output, ...lastWords(ending, told)] };
  }
}

type LockState = "ready" | "enqueued" | "acquired";

type Ending =
  | { readonly type: "error"; readonly reason: string }
  /** Its words name the state that the peer is in when all before it is answered. */
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
