/** Each state of a connection, built as data, and what one message or effect makes of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Effect, Outcome } from "../../core/effect.ts";
import type {
  FencingToken,
  LockNumber,
  Namespace,
  NodeId,
  RequestId,
  SessionId,
} from "../../core/ids.ts";
import type { Message, Step } from "../conversation.ts";
import { locktopusBehavior } from "./behavior.ts";
import { createTalk, type LocktopusTalk } from "./talk.ts";

const session = "s" as SessionId;
const [opening, lock, release] = ["1", "2", "3"] as RequestId[] as [
  RequestId,
  RequestId,
  RequestId,
];

function talkIn(state: Partial<LocktopusTalk>): LocktopusTalk {
  const talk = createTalk({
    identities: { nextRequest: () => "new" as RequestId, nextSession: () => session },
    node: "n1" as NodeId,
    namespace: "n" as Namespace,
    origin: {},
    abandonTimeoutMs: 1000,
    jsonDepthMax: 10,
    claimsFault: () => undefined,
    ended() {},
  });
  return { ...talk, ...state };
}

/** The states of a connection with a session. */
const states = {
  ready: () => talkIn({ opening }),
  asking: () => talkIn({ opening, lock, pending: [lock] }),
  enqueued: () => talkIn({ opening, lock, waiting: lock, sent: "enqueued" }),
  acquired: () => talkIn({ opening, lock, sent: "acquired" }),
  releasing: () => talkIn({ opening, sent: "acquired", pending: [release] }),
  ending: () => talkIn({ opening, sent: "acquired", pending: [release], ending: { type: "stop" } }),
} as const satisfies Record<string, () => LocktopusTalk>;

type StateName = keyof typeof states;

const number = 7 as LockNumber;
const granted: Outcome = { type: "granted", number, token: 1 as FencingToken };
const waiting: Outcome = { type: "waiting", number };
const released: Outcome = { type: "released", number };

const lockMessage = '{"action":"lock","resources":[{"type":"write","path":["a"]}]}';
const releaseMessage = '{"action":"release"}';

/** The commands, or the state in the answer or error; `-` for neither. */
function summary({ commands, output, end }: Step<string>): string {
  const answers = output.map((text) => /"state":"(\w+)"/.exec(text)?.[1] ?? text);
  const words = [...commands.map(({ type }) => type), ...answers, ...(end ? [`${end.code}`] : [])];
  return words.length === 0 ? "-" : words.join(", ");
}

const error = "communication error: invalid action";

const messages: readonly (readonly [StateName, string, string])[] = [
  ["ready", lockMessage, "acquire"],
  ["ready", releaseMessage, `${error} [release] in state [ready], 3000`],
  ["asking", lockMessage, "-"],
  ["asking", releaseMessage, "release"],
  ["enqueued", lockMessage, `${error} [lock] in state [enqueued], 3000`],
  ["enqueued", releaseMessage, "release"],
  ["acquired", lockMessage, `${error} [lock] in state [acquired], 3000`],
  ["acquired", releaseMessage, "release"],
  ["releasing", lockMessage, "acquire"],
  ["releasing", releaseMessage, "-"],
  ["ending", lockMessage, "-"],
  ["ending", releaseMessage, "-"],
];

for (const [state, text, expected] of messages) {
  test(`${JSON.parse(text).action} on a connection that is ${state}: ${expected}`, () => {
    const message: Message = { data: Buffer.from(text), kind: "text" };
    assert.equal(summary(locktopusBehavior.receive(states[state](), message)), expected);
  });
}

const effects: readonly (readonly [StateName, RequestId, Outcome, string])[] = [
  ["asking", lock, waiting, "enqueued"],
  ["asking", lock, granted, "acquired"],
  ["enqueued", lock, granted, "acquired"],
  ["acquired", lock, granted, "-"],
  [
    "acquired",
    lock,
    { type: "revoked", number },
    "communication error: the lock was revoked by an operator, 3000",
  ],
  ["releasing", release, released, "ready"],
  ["ending", release, released, "ready, 1001"],
  ["ready", release, released, "-"],
];

for (const [state, request, outcome, expected] of effects) {
  test(`${outcome.type} for a connection that is ${state}: ${expected}`, () => {
    const effect: Effect = { session, request, outcome };
    assert.equal(summary(locktopusBehavior.deliver(states[state](), effect)), expected);
  });
}

const stops: readonly (readonly [StateName, string])[] = [
  ["ready", "1001"],
  ["asking", "-"],
  ["enqueued", "1001"],
  ["acquired", "1001"],
  ["releasing", "-"],
];

for (const [state, expected] of stops) {
  test(`a stop of a connection that is ${state}: ${expected}`, () => {
    assert.equal(summary(locktopusBehavior.stop(states[state]())), expected);
  });
}
