/**
 * How a conversation of the toy protocol behaves, over a byte stream and over a WebSocket.
 *
 *     open ──the client has ended its side──▶ ending ──last answer──▶ over
 *       └──a line too long, a kick, a stop──▶ ending, without the lines not obeyed yet
 *
 * While a job runs, the lines behind it wait for its result. The host reads no more of them meanwhile.
 */
import { type Effect, lockApiOutcome } from "../../core/effect.ts";
import type { RequestId } from "../../core/ids.ts";
import { unreachable } from "../../core/unreachable.ts";
import type { SessionEffect } from "../../fleeting/effect.ts";
import {
  type Behavior,
  type Ending,
  type Job,
  joined,
  type Message,
  none,
  type Step,
  say,
  silence,
} from "../conversation.ts";
import { detach, notOpened } from "../own-session.ts";
import { answer, flushed, isWorking, settle } from "./answers.ts";
import { decodeRequest, isMalformed } from "./decode.ts";
import { createLines, feed, lineEnd, lineOf, nextLine } from "./lines.ts";
import { answerOf, type Deed, obey } from "./methods.ts";
import type { ToyTalk } from "./talk.ts";

type Reaction = Step<string>;

export const toyBehavior = {
  receive,
  deliver,
  refuse,
  hear,
  worked(talk: ToyTalk, job: Job, hash: unknown) {
    settle(talk, job, { hash });
    return proceed(talk);
  },
  /** The last line may lack its end. */
  finish(talk: ToyTalk) {
    feed(talk.lines, lineEnd);
    talk.ending ??= { code: 1000, reason: "" };
    return proceed(talk);
  },
  stop: (talk: ToyTalk) => giveUp(talk, "stopping"),
  end: detach,
  pendingCount: ({ due }: ToyTalk) => due.length,
} as const satisfies Behavior<ToyTalk, Message, string>;

function receive(talk: ToyTalk, { data, kind }: Message): Reaction {
  if (talk.ending !== undefined) return silence;
  feed(talk.lines, data);
  if (kind === "text") feed(talk.lines, lineEnd);
  return proceed(talk);
}

/** Obeys the lines that have arrived, up to one that begins a job. */
function proceed(talk: ToyTalk): Reaction {
  const deeds: Deed[] = [];
  let arrived: Reaction["arrived"] = "piece";
  while (!isWorking(talk)) {
    const line = nextLine(talk.lines);
    if (line === undefined) break;
    if (line === "too_long") return joined([...deeds, giveUp(talk, "line_too_long")]);
    if (line.length === 0) continue;
    const request = decodeRequest(line, talk.options.jsonDepthMax);
    if (!isMalformed(request)) arrived = undefined;
    else if (arrived === "piece") arrived = "rubbish";
    deeds.push(obey(talk, request));
  }
  const step = joined([...deeds, flushed(talk)]);
  return arrived === undefined ? step : { ...step, arrived };
}

function deliver(talk: ToyTalk, { request, outcome }: Effect): Reaction {
  if (outcome.type === "session_kicked") return giveUp(talk, "kicked");
  if (request === talk.opening) {
    if (outcome.type === "rejected") notOpened(talk, outcome.reason);
    return silence;
  }
  const value = answerOf(talk, lockApiOutcome(outcome));
  if (value === undefined) return silence;
  settle(talk, request, value);
  return { commands: none, ...flushed(talk) };
}

function refuse(talk: ToyTalk, request: RequestId, reason: string): Reaction {
  if (request === talk.opening) notOpened(talk, reason);
  else settle(talk, request, { error: "unavailable", reason });
  return { commands: none, ...flushed(talk) };
}

function hear(_: ToyTalk, effect: SessionEffect): Reaction {
  switch (effect.type) {
    case "event": {
      const { topic, payload } = effect.event;
      return say(lineOf({ topic, text: payload }));
    }
    case "refused":
    case "publication_refused": {
      const { code, reason } = effect.rejection;
      return say(lineOf({ error: code, reason }));
    }
    case "published":
    case "pipe_answer":
      return silence;
    default:
      return unreachable(effect);
  }
}

/** By the error in the last line; WebSocket close codes of RFC 6455, section 7.4. */
const endings = {
  line_too_long: { code: 1009, reason: "a line is too long" },
  kicked: { code: 1008, reason: "ended by an operator" },
  stopping: { code: 1001, reason: "the server is stopping" },
} as const satisfies Record<string, Ending>;

/** Ends the conversation behind the answers that are due and an error. */
function giveUp(talk: ToyTalk, error: keyof typeof endings): Reaction {
  const ending = endings[error];
  talk.lines = createLines(talk.options.lineBytesMax);
  talk.ending = ending;
  answer(talk, undefined, { error, reason: ending.reason });
  return { commands: none, ...flushed(talk) };
}
