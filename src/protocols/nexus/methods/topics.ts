import { onOneLine } from "../../../core/json-members.ts";
import { isLongerThan } from "../../../core/limits.ts";
import type { SessionEffect } from "../../../fleeting/effect.ts";
import { type Answer, type Doing, failure, result } from "../doing.ts";
import { jsonOf } from "../encode.ts";
import { rpcError, rpcErrorOf } from "../errors.ts";
import { filterOf } from "../filters.ts";
import type { ListedTopic } from "../options.ts";
import type { Params } from "../params.ts";
import type { NexusTalk } from "../talk.ts";
import { type Listed, list, looking } from "./listing.ts";
import { okAfter, pipeIn } from "./pipes.ts";
import { denied, may, nameOf, textOf, wrong } from "./reading.ts";

/** To this topic a reader of hooks says which of them it wants, for servers that have stopped telling them. */
const hookTopic = "hook.listen";

/** Topics of hooks begin so. */
const hooks = "hook.";

const subscribedTopics: Listed<ListedTopic> = {
  things: ({ options }) => options.listedTopics(),
  nameOf: ({ topic }) => topic,
  shown: (_, { topic, subscribers }) => jsonOf({ topic, subscribers }),
};

export const topicMethods = {
  "topic.sub": (talk: NexusTalk, params: Params): Doing =>
    changeSubscription(talk, params, { method: "topic.sub", type: "subscribe_pipe" }),
  "topic.unsub": (talk: NexusTalk, params: Params): Doing =>
    changeSubscription(talk, params, { method: "topic.unsub", type: "unsubscribe_pipe" }),
  "topic.pub": (talk: NexusTalk, params: Params): Doing => {
    const topic = nameOf(params, "topic", talk.options.nameBytesMax);
    if (topic === undefined) return wrong("topic");
    const message = params.members.get("msg");
    if (message === undefined) return wrong("msg");
    if (!may(talk, "topic.pub", topic)) return denied;
    const event = { topic, payload: onOneLine(message) };
    return {
      type: "fleeting",
      command: { type: "publish", event },
      next: (effect) => publishedAnswer(effect, topic === hookTopic ? 1 : 0),
    };
  },
  "topic.list": list(subscribedTopics, "topic.list"),
  /** Counts a pipe for each topic that it is subscribed to. */
  "topic.count": (talk: NexusTalk, params: Params): Doing =>
    looking(talk, params, { method: "topic.count", listed: subscribedTopics }, (topics) =>
      jsonOf({ count: topics.reduce((sum, { subscribers }) => sum + subscribers, 0) }),
    ),
};

function changeSubscription(
  talk: NexusTalk,
  params: Params,
  {
    method,
    type,
  }: { readonly method: string; readonly type: "subscribe_pipe" | "unsubscribe_pipe" },
): Doing {
  const pipe = pipeIn(params);
  if (pipe === undefined) return wrong("pipeid");
  const topic = textOf(params, "topic")?.toLowerCase();
  if (topic === undefined || isLongerThan(topic, talk.options.nameBytesMax)) return wrong("topic");
  const filter = filterOf(topic);
  if (filter === undefined) return wrong("topic");
  if (!may(talk, method, topic)) return denied;
  if (topic.startsWith(hooks)) talk.options.hooksWanted();
  return { type: "fleeting", command: { type, pipe, filter }, next: okAfter };
}

/** Pipes that are full count, too. */
function publishedAnswer(effect: SessionEffect, ownCount: number): Answer {
  if (effect.type === "published") {
    return result(jsonOf({ ok: true, sent: effect.delivered + effect.failed + ownCount }));
  }
  return failure(
    effect.type === "publication_refused"
      ? rpcErrorOf(effect.rejection)
      : rpcError("internal_error"),
  );
}
