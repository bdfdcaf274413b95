import type { JsonText, PipeId } from "../../../core/ids.ts";
import { elementsOf, onOneLine } from "../../../core/json-members.ts";
import { durationMsMax } from "../../../core/limits.ts";
import type { SessionEffect } from "../../../fleeting/effect.ts";
import type { PipeMessage, PipeOutcome, PipeRead } from "../../../fleeting/pipes.ts";
import type { Event } from "../../../fleeting/topics.ts";
import { type Answer, type Doing, failure, result } from "../doing.ts";
import { jsonOf, ok } from "../encode.ts";
import { rpcError, rpcErrorOf } from "../errors.ts";
import { booleanIn, integerIn, numberIn, type Params } from "../params.ts";
import { nullText } from "../request.ts";
import type { NexusTalk } from "../talk.ts";
import { textOf, wrong } from "./reading.ts";

const capacityDefault = 1_000;
const capacityMax = 100_000;
const readDefault = 10;

/** Messages of one write. To take an array of 500,000 apart takes 70 ms. */
const writtenMax = 32_768;
const pipeIdDigits = 20;

export const pipeMethods = {
  "pipe.create": (talk: NexusTalk, { members }: Params): Doing => {
    const given = integerIn(members.get("len")) ?? 0;
    const capacity = given > 0 ? Math.min(given, capacityMax) : capacityDefault;
    const { newSecret } = talk.options;
    const pipe = `${talk.session}${newSecret().slice(0, pipeIdDigits)}` as PipeId;
    return {
      type: "fleeting",
      command: { type: "open_pipe", pipe, capacity },
      next: (effect) => answerOf(effect, () => result(jsonOf({ pipeid: pipe }))),
    };
  },
  "pipe.close": (_: NexusTalk, params: Params): Doing => {
    const pipe = pipeIn(params);
    if (pipe === undefined) return wrong("pipeid");
    return { type: "fleeting", command: { type: "close_pipe", pipe }, next: okAfter };
  },
  "pipe.write": (_: NexusTalk, params: Params): Doing => {
    const pipe = pipeIn(params);
    if (pipe === undefined) return wrong("pipeid");
    const messages = messagesIn(params);
    if (messages === undefined) return wrong("multi is true. msg should be an array");
    if (messages.length > writtenMax) return wrong(`msg: at most ${writtenMax} messages`);
    return { type: "fleeting", command: { type: "write_pipe", pipe, messages }, next: okAfter };
  },
  "pipe.read": (_: NexusTalk, params: Params): Doing => {
    const pipe = pipeIn(params);
    if (pipe === undefined) return wrong("pipeid");
    const { members } = params;
    const wanted = integerIn(members.get("max")) ?? 0;
    const max = wanted > 0 ? wanted : readDefault;
    const seconds = numberIn(members.get("timeout")) ?? 0;
    const wait = seconds > 0 ? { waitMs: Math.min(seconds * 1000, durationMsMax) } : {};
    return {
      type: "fleeting",
      command: { type: "read_pipe", pipe, max, ...wait },
      next: (effect) =>
        answerOf(effect, (outcome) =>
          outcome.type === "pipe_read" ? result(readShown(outcome)) : unexpected,
        ),
    };
  },
};

/** The id of the pipe; the server knows whether there is one. */
export function pipeIn(params: Params): PipeId | undefined {
  const text = textOf(params, "pipeid");
  return text === undefined || text === "" ? undefined : (text as PipeId);
}

/** The answer to a command for a pipe that has nothing to say. */
export function okAfter(effect: SessionEffect): Answer {
  return answerOf(effect, () => result(ok));
}

function answerOf(
  effect: SessionEffect,
  answerTo: (outcome: Exclude<PipeOutcome, { type: "rejected" }>) => Answer,
): Answer {
  if (effect.type !== "pipe_answer") return unexpected;
  const { outcome } = effect;
  if (outcome.type !== "rejected") return answerTo(outcome);
  const isUnknown = outcome.code === "not_found";
  return failure(isUnknown ? rpcError("invalid_pipe") : rpcErrorOf(outcome));
}

const unexpected: Answer = failure(rpcError("internal_error"));

/** One more than are allowed at most. `undefined`: several messages were to come, and none did. */
function messagesIn({ members }: Params): readonly JsonText[] | undefined {
  const message = onOneLine(members.get("msg") ?? nullText);
  const isArray = booleanIn(members.get("multi")) === true;
  return isArray ? elementsOf(message, writtenMax + 1) : [message];
}

function readShown({ messages, waiting, drops }: PipeRead): JsonText {
  const shown = messages.map(messageShown).join(",");
  return `{"waiting":${waiting},"drops":${drops},"msgs":[${shown}]}` as JsonText;
}

function messageShown({ number, content }: PipeMessage): string {
  const message = typeof content === "string" ? content : eventShown(content);
  return `{"msg":${message},"count":${number}}`;
}

/** An event goes to many pipes, and is shown to their readers in the same words. */
const shownEvents = new WeakMap<Event, JsonText>();

function eventShown(event: Event): JsonText {
  const known = shownEvents.get(event);
  if (known !== undefined) return known;
  const { topic, payload } = event;
  const message = payload === undefined ? nullText : jsonIn(payload);
  const shown = `{"topic":${jsonOf(topic)},"msg":${message}}` as JsonText;
  shownEvents.set(event, shown);
  return shown;
}

/** The value of a payload. A text of an API without values is a string, unless it is JSON. */
function jsonIn(payload: string): JsonText {
  try {
    JSON.parse(payload);
    return onOneLine(payload.trim() as JsonText);
  } catch {
    return jsonOf(payload);
  }
}
