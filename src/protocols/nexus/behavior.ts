/**
 * How a connection of Nexus behaves, over TCP, TLS and WebSocket (docs/protocols/nexus.md, sections 1 and 3). Calls begin in
 * the order in which they came; each has its answer as soon as that is known.
 *
 *   bytes ──▶ values ──▶ call ──▶ answer
 *                          ├──▶ pending ──outcome, effect──▶ answer
 *                          └──▶ working: everything behind it waits ──result──▶ …
 */
import type { Effect, TaskLost } from "../../core/effect.ts";
import type { JsonText, RequestId } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import {
  asking,
  type Behavior,
  type Ending,
  type Job,
  joined,
  type Message,
  type Step,
  say,
  silence,
} from "../conversation.ts";
import { bytesHeld, feedJson, isWithinJson, nextJson } from "../json-stream.ts";
import { detach, notOpened, openSession } from "../own-session.ts";
import { type Answer, type Doing, failure } from "./doing.ts";
import { errorText, jsonOf, notificationText, successText } from "./encode.ts";
import { type RpcError, rpcError } from "./errors.ts";
import { methods } from "./methods.ts";
import { nullText, type RpcCall, readRequest } from "./request.ts";
import { callsOf, type NexusTalk, nobody } from "./talk.ts";

export type Reaction = Step<string>;

export const nexusBehavior: Behavior<NexusTalk, Message, string> = {
  receive(talk, { data }) {
    if (talk.ending !== undefined) return silence;
    feedJson(talk.stream, data);
    return proceed(talk);
  },
  deliver,
  refuse,
  hear,
  worked,
  finish,
  idle: (talk) => giveUp(talk, idle),
  review,
  stop: (talk) => giveUp(talk, stopping),
  end: (talk) => detach(talk, pullsOf(talk)),
  /** Reads of pipes, pushes and pulls may wait for as long as they like. */
  pendingCount: ({ commands, working }) => commands.size + (working === undefined ? 0 : 1),
  keptBytes: ({ stream, fleeting, waiting }) =>
    bytesHeld(stream) + (fleeting.size + waiting.size) * waitBytes,
};

/** Memory for a call that waits, such as a read of a pipe, in bytes: its places in the books, and an id of 1 KiB. */
const waitBytes = 2048;

/** Begins the calls that have arrived, up to one that has a job. */
export function proceed(talk: NexusTalk): Reaction {
  const steps: Reaction[] = [];
  let arrived: Reaction["arrived"] = "piece";
  while (talk.working === undefined && talk.ending === undefined) {
    const piece = nextJson(talk.stream);
    if (piece === undefined) break;
    if (piece.type === "value") {
      const step = begin(talk, piece.text);
      if (step.arrived === undefined) arrived = undefined;
      steps.push(step);
    } else {
      if (arrived === "piece") arrived = "rubbish";
      steps.push(
        piece.fault === "too_large"
          ? giveUp(talk, tooLarge(talk.options.messageBytesMax))
          : faulty(nullText, rpcError("parse_error", faultDetails[piece.fault])),
      );
    }
  }
  const step = joined(steps);
  const isPart = arrived === "piece" && steps.length === 0 && isWithinJson(talk.stream);
  if (arrived === undefined || (arrived === "piece" && !isPart)) return step;
  return { ...step, arrived };
}

const faultDetails = {
  syntax: undefined,
  too_deep: "too deep",
  too_many_containers: "too many objects and arrays",
  too_many_members: "too many members",
} as const;

function begin(talk: NexusTalk, text: JsonText): Reaction {
  const request = readRequest(text);
  switch (request.type) {
    case "call":
      return perform(talk, request.id, doingOf(talk, request));
    case "notification":
      return silence;
    case "fault":
      return faulty(request.id, request.error);
    default:
      return unreachable(request);
  }
}

function faulty(id: JsonText, error: RpcError): Reaction {
  return { ...say(errorText(id, error)), arrived: "rubbish" };
}

/** What the call does. */
export function doingOf(talk: NexusTalk, { method: name, params }: RpcCall): Doing {
  const method = methods.get(name);
  return method === undefined ? failure(rpcError("method_not_found")) : method(talk, params);
}

export function perform(talk: NexusTalk, id: JsonText, doing: Doing): Reaction {
  switch (doing.type) {
    case "result":
    case "error":
      return say(answerText(id, doing));
    case "command": {
      const { session, options } = talk;
      const { command, needsSession, next } = doing;
      const opening = needsSession && talk.opening === undefined ? open(talk) : undefined;
      const request = options.nextRequest();
      talk.commands.set(request, { id, command: command.type, next });
      const asked = { ...command, session, request };
      return opening === undefined ? asking(asked) : asking(opening, asked);
    }
    case "fleeting": {
      const { session, options } = talk;
      const request = options.nextRequest();
      talk.fleeting.set(request, { id, next: doing.next });
      return { ...silence, topics: [{ ...doing.command, session, request }] };
    }
    case "job": {
      const job: Job = { run: doing.run };
      talk.working = { id, job, next: doing.next };
      return { ...silence, jobs: [job] };
    }
    default:
      return unreachable(doing);
  }
}

function open(talk: NexusTalk) {
  const { options, origin } = talk;
  const terms = { node: options.node, api: "nexus", origin, graceMs: 0, restartGraceMs: 0 };
  return openSession(talk, options.nextRequest(), terms);
}

function answerText(id: JsonText, answer: Answer): string {
  return answer.type === "result" ? successText(id, answer.result) : errorText(id, answer.error);
}

function worked(talk: NexusTalk, job: Job, result: unknown): Reaction {
  const { working } = talk;
  if (working === undefined || working.job !== job) return silence;
  talk.working = undefined;
  const step = perform(talk, working.id, working.next(result));
  return afterwards(talk, joined([step, proceed(talk)]));
}

function deliver(talk: NexusTalk, { request, outcome }: Effect): Reaction {
  if (outcome.type === "session_kicked") return giveUp(talk, kicked);
  if (request === talk.opening) {
    if (outcome.type === "rejected") notOpened(talk, outcome.reason);
    return silence;
  }
  if (outcome.type === "task_lost") return taskLost(talk, outcome);
  const call = talk.commands.get(request) ?? talk.waiting.get(request);
  if (call === undefined) {
    // Somebody else has asked for that.
    if (outcome.type === "logged_in") talk.login = outcome;
    return silence;
  }
  talk.commands.delete(request);
  talk.waiting.delete(request);
  const isUnopened = outcome.type === "rejected" && outcome.code === "session_ended";
  const why = failure(rpcError("internal_error", talk.whyNotOpen));
  const doing = isUnopened ? why : call.next(outcome);
  if (doing.type !== "wait") return goOn(talk, call.id, doing);
  talk.waiting.set(request, { ...call, next: doing.next });
  return silence;
}

/** Clients of Nexus 1.x do not know this message, so it goes only to those that have asked for it. */
function taskLost({ hearsOfTasks }: NexusTalk, { task, token, reason }: TaskLost): Reaction {
  if (!hearsOfTasks) return silence;
  return say(notificationText("task.lost", jsonOf({ taskid: task, token, reason })));
}

function refuse(talk: NexusTalk, request: RequestId, reason: string): Reaction {
  if (request === talk.opening) notOpened(talk, reason);
  const call = talk.commands.get(request);
  if (call === undefined) return silence;
  talk.commands.delete(request);
  return goOn(talk, call.id, failure(rpcError("internal_error", reason)));
}

function hear(talk: NexusTalk, effect: SessionEffect): Reaction {
  if (effect.type === "event" || effect.type === "refused") return silence;
  const call = talk.fleeting.get(effect.request);
  if (call === undefined) return silence;
  talk.fleeting.delete(effect.request);
  return goOn(talk, call.id, call.next(effect));
}

function goOn(talk: NexusTalk, id: JsonText, doing: Doing): Reaction {
  return afterwards(talk, perform(talk, id, doing));
}

/** Adds the end behind the last answer, once the client has said its last word. */
function afterwards(talk: NexusTalk, step: Reaction): Reaction {
  const { ending, commands, waiting, fleeting, working } = talk;
  const isPending = commands.size + waiting.size + fleeting.size > 0 || working !== undefined;
  const isOver = ending !== undefined && !isPending;
  return isOver && step.end === undefined ? { ...step, end: ending } : step;
}

/** An account that is closed takes its rights with it. The connection goes on as nobody's. */
function review(talk: NexusTalk): Reaction {
  const { login, options } = talk;
  if (login.account === undefined) return silence;
  const user = options.state.users.byAccount.get(login.account);
  if (user === undefined || user.isDisabled) talk.login = nobody(options);
  return silence;
}

/**
 * The client says nothing more, or is gone for good. It still gets the answers that the log owes it. Reads of pipes, and
 * what waits for tasks, could wait for ever, and with them its locks, so they end without an answer
 * (docs/protocols/nexus.md, section 1): those of fifty clients that went together were half a gigabyte.
 */
function finish(talk: NexusTalk): Reaction {
  talk.ending ??= goodbye;
  talk.unanswered = pullsOf(talk);
  talk.waiting.clear();
  talk.fleeting.clear();
  return afterwards(talk, silence);
}

/** Ends the conversation at once. Calls without an answer get one. */
function giveUp(talk: NexusTalk, ending: Ending): Reaction {
  talk.ending = ending;
  talk.unanswered = pullsOf(talk);
  const error = rpcError("cancelled", ending.reason);
  const { commands, waiting, fleeting, working } = talk;
  const calls = [commands, waiting, fleeting].flatMap((each) => [...each.values()]);
  const ids = [...calls, ...(working ? [working] : [])].map(({ id }) => id);
  commands.clear();
  waiting.clear();
  fleeting.clear();
  talk.working = undefined;
  const answers = ids.length === 0 ? [nullText] : ids;
  return { ...say(...answers.map((id) => errorText(id, error))), end: ending };
}

/** The pulls that have no answer. */
function pullsOf(talk: NexusTalk): readonly RequestId[] {
  return [...talk.unanswered, ...callsOf(talk, "pull_task").map(([request]) => request)];
}

/** WebSocket close codes: RFC 6455, section 7.4. */
const goodbye: Ending = { code: 1000, reason: "" };
const idle: Ending = { code: 1001, reason: "nothing was said for too long" };
const kicked: Ending = { code: 1008, reason: "ended by an operator" };
const stopping: Ending = { code: 1001, reason: "the server is stopping" };

function tooLarge(bytesMax: number): Ending {
  return { code: 1009, reason: `a message has at most ${bytesMax} bytes` };
}
