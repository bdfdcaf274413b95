/**
 * How a WebSocket connection of softvisio's cluster API behaves (docs/protocols/softvisio.md, sections 2 to 5).
 * Calls run concurrently; each has its answer with the outcome of its command, and sees at least the effects
 * of the earlier calls on the same connection.
 */
import type { Effect } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import type { TopicCommand } from "../../fleeting/topics.ts";
import {
  type Behavior,
  type Ending,
  joined,
  type Message,
  rubbish,
  type Step,
  say,
  silence,
} from "../conversation.ts";
import { nowJudged, whenJudged } from "../judging.ts";
import { detach } from "../own-session.ts";
import type { AskedLock } from "./asked-locks.ts";
import { badId, decodeRequest, type RpcRequest } from "./decode.ts";
import { errorText, pongText, type RpcId, sessionDeletedText } from "./encode.ts";
import { accessErrors, closeCodes, type RpcErrorName, rpcError } from "./errors.ts";
import { topicOfName } from "./events.ts";
import { type MethodCall, readMethodCall } from "./methods.ts";
import * as mutexes from "./mutexes.ts";
import type { Pending } from "./pending.ts";
import { schemaText } from "./schema.ts";
import { done, failed } from "./steps.ts";
import type { SoftvisioTalk } from "./talk.ts";

type Reaction = Step<string>;

export const softvisioBehavior: Behavior<SoftvisioTalk, Message, string> = {
  receive(talk, message) {
    if (message.kind !== "text") return rubbish;
    return whenJudged(talk, message, talk.judgement, () => receive(talk, message.data));
  },
  worked: (talk, _, result) =>
    nowJudged(talk, result, (message, judgement) => {
      talk.judgement = judgement;
      return receive(talk, message.data);
    }),
  deliver,
  refuse,
  hear,
  review,
  stop,
  end: detach,
  pendingCount: ({ pending }) => pending.count(),
};

/** Unauthorized calls before the connection is closed. */
const turnedAwayMax = 100;

/** Bytes of a message from an unauthorized client. */
const strangerBytesMax = 16 * 1024;

function receive(talk: SoftvisioTalk, frame: Uint8Array): Reaction {
  if (frame.length > strangerBytesMax && strangerFault(talk) !== undefined) {
    return close("too large a message without a token", closeCodes.tooLarge);
  }
  const request = decodeRequest(frame, talk.options.jsonDepthMax);
  switch (request) {
    case "nothing":
      return rubbish;
    case "bad_id":
      return { ...say(errorText(null, badId)), arrived: "rubbish" };
    case "response":
      return silence;
    default:
      return obey(talk, request);
  }
}

function strangerFault({ judgement }: SoftvisioTalk): RpcErrorName | undefined {
  if (judgement instanceof Promise) return "access_denied";
  return judgement.type === "refused" ? accessErrors[judgement.reason] : undefined;
}

function obey(talk: SoftvisioTalk, request: RpcRequest): Reaction {
  const { method, params, id } = request;
  switch (method) {
    case "/ping":
      return id === undefined ? silence : say(pongText(id));
    case "/pong":
    case "/publish":
      return silence;
    case "/abort":
      return abort(talk, request);
    case "/subscribe":
    case "/unsubscribe":
      return strangerFault(talk) === undefined ? subscription(talk, method, params[0]) : silence;
    default:
      return call(talk, request);
  }
}

function call(talk: SoftvisioTalk, { method, params, id }: RpcRequest): Reaction {
  if (talk.isStopping) return failed(id, rpcError("shutting_down"));
  const why = strangerFault(talk);
  if (why !== undefined) return turnedAway(talk, failed(id, rpcError(why)));
  if (method === "/healthcheck") return done(id);
  if (method === "/schema") return id === undefined ? silence : say(schemaText(id));
  const { nameBytesMax } = talk.options;
  const read = readMethodCall(method, params, { nameBytesMax, isOnConnection: true });
  return read.type === "error" ? failed(id, read.error) : perform(talk, id, read.call);
}

/** Unauthorized clients call again without a pause; losing the connection forces one. */
function turnedAway(talk: SoftvisioTalk, answer: Reaction): Reaction {
  talk.turnedAwayCount += 1;
  return talk.turnedAwayCount < turnedAwayMax
    ? answer
    : { ...close("access denied"), output: answer.output };
}

function perform(talk: SoftvisioTalk, id: RpcId, called: MethodCall): Reaction {
  switch (called.type) {
    case "publish": {
      const { session } = talk;
      const topics = called.events.map(
        (event) => ({ type: "publish", event, except: session }) as const,
      );
      return { ...done(id), topics };
    }
    case "is_locked":
      return mutexes.look(talk, id, called.mutexId);
    case "unlock":
      return mutexes.unlock(talk, id, called);
    case "lock":
      // Without an id no client would ever learn the lock id.
      return id === undefined ? silence : mutexes.lock(talk, id, called);
    default:
      return unreachable(called);
  }
}

/** The client has given up on the call and ignores its answer. */
function abort(talk: SoftvisioTalk, { params: [given], id }: RpcRequest): Reaction {
  const asked = talk.locks.ofCall(given) ?? talk.locks.ofCall(id);
  return asked === undefined ? silence : mutexes.withdraw(talk, asked);
}

function deliver(talk: SoftvisioTalk, effect: Effect): Reaction {
  if (effect.outcome.type === "session_kicked") return close("ended by an operator");
  const settled = talk.pending.settle(effect.request);
  return thenLook(talk, settled, mutexes.settled(talk, effect, settled?.about));
}

function refuse(talk: SoftvisioTalk, request: RequestId, reason: string): Reaction {
  const settled = talk.pending.refuse(request);
  if (settled === undefined) return silence;
  const why = rpcError("backend_down", [reason]);
  return thenLook(talk, settled, mutexes.refused(talk, request, settled.about, why));
}

/** Adds the answers of the calls that waited for this outcome. */
function thenLook(talk: SoftvisioTalk, settled: Pending | undefined, step: Reaction): Reaction {
  const { options, pending, isStopping } = talk;
  const looked = (settled?.lookers ?? []).flatMap(
    ({ id, mutexId }) => done(id, options.isTaken(mutexId)).output,
  );
  const all = looked.length === 0 ? step : { ...step, output: [...step.output, ...looked] };
  const isLast = isStopping && pending.count() === 0 && step.commands.length === 0;
  return isLast ? { ...all, end: goodbye } : all;
}

function subscription(
  { session }: SoftvisioTalk,
  method: "/subscribe" | "/unsubscribe",
  names: unknown,
): Reaction {
  if (!Array.isArray(names)) return silence;
  const type = method === "/subscribe" ? "subscribe" : "unsubscribe";
  const topics: TopicCommand[] = [];
  for (const name of names) {
    const topic = typeof name === "string" ? topicOfName(name) : undefined;
    if (topic !== undefined) topics.push({ type, session, filter: { type: "topic", topic } });
  }
  return { ...silence, topics };
}

function hear(talk: SoftvisioTalk, effect: SessionEffect): Reaction {
  // A subscription has no answer, so only a close can refuse it.
  if (effect.type === "refused") return close(effect.rejection.reason);
  return effect.type === "event" ? talk.options.tellingOf(effect.event) : silence;
}

function review(talk: SoftvisioTalk): Reaction {
  const { judgement, options } = talk;
  if (judgement instanceof Promise || judgement.type === "refused") return silence;
  if (options.identity.isCurrent(judgement.principal)) return silence;
  return { ...close("the token was revoked"), output: [sessionDeletedText] };
}

/** Waiting calls get their answer at once; calls with a pending command get it with the outcome. */
function stop(talk: SoftvisioTalk): Reaction {
  if (talk.isStopping) return silence;
  talk.isStopping = true;
  const steps = talk.locks.waiting().map((asked) => refuseWaiter(talk, asked));
  return talk.pending.count() > 0 ? joined(steps) : { ...silence, end: goodbye };
}

function refuseWaiter(talk: SoftvisioTalk, asked: AskedLock): Reaction {
  return joined([mutexes.withdraw(talk, asked), failed(asked.id, rpcError("shutting_down"))]);
}

function close(reason: string, code: number = closeCodes.policyViolation): Reaction {
  return { ...silence, end: { code, reason } };
}

const goodbye: Ending = { code: closeCodes.goingAway, reason: "the server is stopping" };
