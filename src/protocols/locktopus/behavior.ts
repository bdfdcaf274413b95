/**
 * How a connection of Locktopus V1 behaves (docs/protocols/locktopus.md, sections 2 to 4).
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
import type { Claim, Command } from "../../core/command.ts";
import { type Effect, type LockApiOutcome, lockApiOutcome } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import type { Rejection } from "../../core/rejection.ts";
import { unreachable } from "../../core/unreachable.ts";
import { asking, type Behavior, type Message, none, type Step, silence } from "../conversation.ts";
import { detach, openSession } from "../own-session.ts";
import { type Action, decodeAction } from "./decode.ts";
import { answerText } from "./encode.ts";
import { CommunicationError, closeCodes, errorText, rejectionReason } from "./errors.ts";
import type { LockState, LocktopusEnding, LocktopusTalk } from "./talk.ts";

type Reaction = Step<string>;

export const locktopusBehavior: Behavior<LocktopusTalk, Message, string> = {
  receive,
  deliver,
  refuse(talk, request, reason) {
    const index = talk.pending.indexOf(request);
    return index === -1 ? silence : failAt(talk, index, reason);
  },
  stop: (talk) => endWith(talk, talk.ending ?? { type: "stop" }),
  end(talk) {
    talk.options.ended();
    return detach(talk);
  },
  pendingCount: ({ pending }) => pending.length,
};

function receive(talk: LocktopusTalk, { data }: Message): Reaction {
  if (talk.ending !== undefined) return silence;
  try {
    return obey(talk, decodeAction(data, talk.options.jsonDepthMax));
  } catch (error) {
    if (error instanceof CommunicationError) return endWith(talk, errorEnding(error.message));
    throw error;
  }
}

function obey(talk: LocktopusTalk, action: Action): Reaction {
  const { lock } = talk;
  if (action.type === "lock") {
    return lock === undefined ? acquire(talk, action.claims) : endWith(talk, outOfTurn("lock"));
  }
  return lock === undefined ? endWith(talk, outOfTurn("release")) : release(talk, lock);
}

function acquire(talk: LocktopusTalk, claims: readonly Claim[]): Reaction {
  const { session, options } = talk;
  const fault = options.claimsFault(claims);
  if (fault !== undefined) return endWith(talk, errorEnding(rejectionReason(fault)));
  const opening = talk.opening === undefined ? [open(talk)] : none;
  const request = nextRequest(talk);
  talk.lock = request;
  const { namespace } = options;
  return asking(...opening, { type: "acquire", session, request, namespace, claims });
}

function release(talk: LocktopusTalk, held: RequestId): Reaction {
  talk.lock = undefined;
  const target = { type: "request", request: held } as const;
  const request = nextRequest(talk);
  return asking({ type: "release", session: talk.session, request, target });
}

function open(talk: LocktopusTalk): Command {
  const { node, origin, abandonTimeoutMs } = talk.options;
  return openSession(talk, nextRequest(talk), {
    node,
    api: "locktopus",
    origin,
    graceMs: abandonTimeoutMs,
    restartGraceMs: abandonTimeoutMs,
  });
}

function nextRequest({ options, pending }: LocktopusTalk): RequestId {
  const request = options.identities.nextRequest();
  pending.push(request);
  return request;
}

function deliver(talk: LocktopusTalk, effect: Effect): Reaction {
  const { pending } = talk;
  const { request } = effect;
  const outcome = lockApiOutcome(effect.outcome);
  if (outcome.type === "revoked") return failAt(talk, 0, "the lock was revoked by an operator");
  if (outcome.type === "session_kicked") return failAt(talk, 0, "ended by an operator");
  const isAnswer = request === pending[0];
  if (isAnswer) pending.shift();
  else if (request !== talk.waiting) return silence;
  if (outcome.type !== "rejected") return thenEnd(talk, answer(talk, request, outcome));
  // A waiter whose release is pending: the outcome of the release follows.
  if (!isAnswer && pending.length > 0) return silence;
  return failAt(talk, 0, rejectionReason(outcome));
}

/** The answer to the outcome; `undefined` for the opening of the session. */
function answer(
  talk: LocktopusTalk,
  request: RequestId,
  outcome: Exclude<LockApiOutcome, Rejection>,
): string | undefined {
  switch (outcome.type) {
    case "waiting":
      talk.sent = "enqueued";
      talk.waiting = request;
      return answerText(outcome);
    case "granted":
      talk.sent = "acquired";
      talk.waiting = undefined;
      return answerText(outcome);
    case "released":
      talk.sent = "ready";
      talk.waiting = undefined;
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
function failAt(talk: LocktopusTalk, index: number, reason: string): Reaction {
  talk.pending.length = index;
  return endWith(talk, errorEnding(reason));
}

function endWith(talk: LocktopusTalk, how: LocktopusEnding): Reaction {
  talk.ending = how;
  return thenEnd(talk, undefined);
}

/** Sends the answer, and behind the last one that is due ends the connection, if it is ending. */
function thenEnd(talk: LocktopusTalk, text: string | undefined): Reaction {
  const { ending, pending, sent } = talk;
  const output = text === undefined ? none : [text];
  if (ending === undefined || pending.length > 0) return { commands: none, output };
  const last = lastWords(ending, sent);
  return { commands: none, output: [...output, ...last.output], end: last.end };
}

function errorEnding(reason: string): LocktopusEnding {
  return { type: "error", reason };
}

function outOfTurn(action: Action["type"]): LocktopusEnding {
  return { type: "out_of_turn", action };
}

type LastWords = Required<Pick<Reaction, "output" | "end">>;

function lastWords(ending: LocktopusEnding, state: LockState): LastWords {
  switch (ending.type) {
    case "error":
      return communicationError(ending.reason);
    case "out_of_turn":
      return communicationError(`invalid action [${ending.action}] in state [${state}]`);
    case "stop":
      return { output: none, end: { code: closeCodes.goingAway, reason: "server is stopping" } };
    default:
      return unreachable(ending);
  }
}

function communicationError(reason: string): LastWords {
  const end = { code: closeCodes.communicationError, reason: "" };
  return { output: [errorText(reason)], end };
}
