import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { pino } from "pino";
import { createTurns } from "../../../testing/turns.ts";
import { createLocalBus } from "../../bus/local.ts";
import type { Command, RequestedCommand } from "../../core/command.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";
import { fleetingLimitsDefault } from "../../fleeting/apply.ts";
import type { TopicCommand } from "../../fleeting/topics.ts";
import {
  type Behavior,
  type Job,
  type Step,
  silence,
  type Talk,
} from "../../protocols/conversation.ts";
import { createFanOut } from "../fan-out.ts";
import { createOperationMeter } from "../operation-meter.ts";
import type { Refuse } from "../replica.ts";
import { createHost } from "./host.ts";

/** A conversation whose steps a test chooses, and which writes down what it receives. */
interface Script extends Talk {
  readonly received: string[];
  pending: number;
  kept: number;
  /** Whether the conversation goes on after the peer has ended its side. */
  finishing: boolean;
  /** What the conversation does at an event, besides. */
  reaction: Said;
  /** The step of a stop. */
  stops(): Said;
}

type Said = Partial<Step<string>>;

const behavior: Behavior<Script, Said, string> = {
  receive: (_, said) => ({ ...silence, ...said }),
  deliver: (talk, { request, outcome }) => note(talk, `${request} ${outcome.type}`),
  refuse: (talk, request, reason) => note(talk, `${request} refused: ${reason}`),
  hear(talk, effect) {
    const step = note(talk, effect.type === "event" ? effect.event.topic : effect.type);
    return { ...step, ...talk.reaction };
  },
  worked: (talk, _, result) => note(talk, `worked: ${result}`),
  finish: (talk) =>
    talk.finishing ? note(talk, "finish") : { ...silence, end: { code: 1000, reason: "" } },
  review: (talk) => note(talk, "review"),
  stop: (talk) => ({ ...note(talk, "stop"), ...talk.stops() }),
  end(talk) {
    note(talk, "end");
    return talk.session === undefined ? [] : [{ type: "detach_session", session: talk.session }];
  },
  pendingCount: ({ pending }) => pending,
  keptBytes: ({ kept }) => kept,
};

function note({ received }: Script, word: string): Step<string> {
  received.push(word);
  return { ...silence, output: [word] };
}

/** An event that takes half the budget of a turn. */
const halfOfATurn = "x".repeat(4 * 1024 * 1024);

function publications(...topics: readonly string[]): Said {
  return { topics: topics.map(publication) };
}

function publication(topic: string): TopicCommand {
  return { type: "publish", event: { topic, payload: halfOfATurn } };
}

function createStage() {
  const turns = createTurns();
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock: turns });
  const meter = createOperationMeter("test");
  const proposed: { readonly command: Command; readonly refuse: Refuse | undefined }[] = [];
  let nowMs = 0;
  const host = createHost({
    replica: {
      propose(commands, refuse) {
        for (const command of commands) proposed.push({ command, refuse });
      },
    },
    bus,
    meter,
    clock: { nowMs: () => nowMs, recentMs: () => nowMs, soon: turns.soon, every: () => () => {} },
    fanOut: createFanOut(turns),
    logger: pino({ level: "silent" }),
    pendingMax: 4,
  });

  function connect(session?: string) {
    const sent: string[] = [];
    const state = { isPaused: false, isOpen: true, keptBytes: 0 };
    const own = session === undefined ? {} : { session: session as SessionId };
    const talk: Script = {
      ...{ ...own, received: [], pending: 0, kept: 0, finishing: false, reaction: {} },
      stops: () => ({}),
    };
    const seat = host.join(
      { behavior, talk },
      {
        send(word) {
          if (state.isOpen) sent.push(word);
          return state.isOpen;
        },
        end: ({ code }) => void sent.push(`end ${code}`),
        charge() {},
        expect() {},
        keep(bytes) {
          state.keptBytes += bytes;
        },
        pause() {
          state.isPaused = true;
        },
        resume() {
          state.isPaused = false;
        },
      },
    );
    return { seat, talk, state, sent, say: (said: Said) => seat.receive(said) };
  }

  /** A session that hears everything. */
  function listen(): readonly string[] {
    const listener = connect("listener");
    const filter = { type: "prefix", prefix: "" } as const;
    listener.say({
      topics: [{ type: "subscribe", session: "listener" as SessionId, filter }],
    });
    return listener.talk.received;
  }

  return {
    ...{ turns, bus, meter, host, proposed, connect, listen },
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

function touch(session: string, request: string): Command {
  return { type: "touch_session", session: session as SessionId, request: request as RequestId };
}

function effectOf(session: string, request: string) {
  const outcome = { type: "session_touched" } as const;
  return { session: session as SessionId, request: request as RequestId, outcome };
}

/** Lets everything run that has been promised. */
function promised(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("the effects of a session", () => {
  it("reach its conversation from the first command on, until the end", () => {
    const { bus, connect } = createStage();
    const { seat, talk, say } = connect("s");
    assert.equal(bus.send(effectOf("s", "0")), false);
    say({ commands: [touch("s", "1")] });
    bus.send(effectOf("s", "1"));
    bus.send(effectOf("s", "7"));
    seat.closed();
    assert.equal(bus.send(effectOf("s", "8")), false);
    assert.deepEqual(talk.received, ["1 session_touched", "7 session_touched", "end"]);
  });

  it("reach the peer that asked, where several ask in one session that is not theirs", () => {
    const { bus, connect } = createStage();
    const [one, other] = [connect(), connect()];
    one.say({ commands: [touch("s", "1")] });
    other.say({ commands: [touch("s", "2")] });
    for (const request of ["2", "1", "3"]) bus.send(effectOf("s", request));
    assert.deepEqual(one.talk.received, ["1 session_touched"]);
    assert.deepEqual(other.talk.received, ["2 session_touched"]);
    one.seat.closed();
    assert.equal(bus.send(effectOf("s", "4")), true);
    other.seat.closed();
    assert.equal(bus.send(effectOf("s", "5")), false);
  });
});

describe("latency", () => {
  it("runs from a command to its own first outcome, whatever comes in between", () => {
    const { bus, meter, connect, pass } = createStage();
    const { say } = connect("s");
    say({ commands: [touch("s", "1")] });
    pass(5);
    say({ commands: [touch("s", "2")] });
    pass(1);
    bus.send(effectOf("s", "2"));
    bus.send(effectOf("s", "2"));
    bus.send(effectOf("s", "unknown"));
    pass(10);
    bus.send(effectOf("s", "1"));
    assert.equal(meter.latencySumMs, 1 + 16);
    assert.equal(meter.outcomes.get("session_touched"), 4);
  });
});

describe("a refusal by the log", () => {
  it("reaches the conversation, but not after its end", () => {
    const { proposed, connect } = createStage();
    const { seat, talk, say } = connect("s");
    say({ commands: [touch("s", "1"), touch("s", "2")] });
    const [first, second] = proposed;
    first?.refuse?.(first.command as RequestedCommand, "full");
    seat.closed();
    second?.refuse?.(second.command as RequestedCommand, "full");
    assert.deepEqual(talk.received, ["1 refused: full", "end"]);
  });

  it("never concerns what is owed to the log", () => {
    const { proposed, connect } = createStage();
    connect("s").say({ owed: [touch("s", "1")] });
    assert.equal(proposed[0]?.refuse, undefined);
  });
});

describe("back-pressure", () => {
  it("are counted by the transport, and so is what the behavior keeps, until the conversation is over", () => {
    const { talk, state, seat, say } = createStage().connect();
    const counted = [
      { pending: 2, kept: 1_000 },
      { pending: 20, kept: 0 },
      { pending: 0, kept: 1_000_000 },
      { pending: 1, kept: 1_000_000 },
      { pending: 0, kept: 0 },
      { pending: 0, kept: 50_000 },
    ].map((now) => {
      Object.assign(talk, now);
      say({});
      return state.keptBytes;
    });
    assert.deepEqual(counted, [0, 20 * 1024, 1_000_000, 1_000_000, 0, 50_000]);
    seat.closed();
    assert.equal(state.keptBytes, 0);
  });

  it("stops reading above the limit and goes on at half of it", () => {
    const { connect } = createStage();
    const { talk, state, say } = connect();
    const paused = [5, 4, 3, 2].map((pending) => {
      talk.pending = pending;
      say({});
      return state.isPaused;
    });
    assert.deepEqual(paused, [true, true, true, false]);
  });
});

describe("rubbish", () => {
  const rubbish: Said = { arrived: "rubbish" };

  it("ends the conversation after 128 messages in a row, with a reason that is counted", () => {
    const { meter, connect } = createStage();
    const { say, talk, sent } = connect();
    for (let count = 1; count < 128; count += 1) say(rubbish);
    assert.deepEqual([talk.received, meter.turnedAwayTotal], [[], 0]);
    say({ ...rubbish, output: ["error"] });
    assert.deepEqual([talk.received, meter.turnedAwayTotal], [["end"], 1]);
    assert.deepEqual(sent, ["error", "end 1008"]);
  });

  it("between messages is tolerated, but pieces of messages are none", () => {
    const { connect } = createStage();
    const { say, talk } = connect();
    for (let count = 1; count < 128; count += 1) say(rubbish);
    say({});
    for (let count = 1; count < 128; count += 1) {
      say(rubbish);
      say({ arrived: "piece" });
    }
    assert.deepEqual(talk.received, []);
    say(rubbish);
    assert.deepEqual(talk.received, ["end"]);
  });
});

describe("publications", () => {
  it("beyond a turn keep the peer from being read until the next, and go on in order", () => {
    const { turns, connect, listen } = createStage();
    const heard = listen();
    const { state, say } = connect();
    for (const topic of ["a", "b", "c", "d", "e"]) say(publications(topic));
    assert.deepEqual([heard.slice(), state.isPaused], [["a", "b"], true]);
    turns.end();
    assert.deepEqual([heard.slice(), state.isPaused], [["a", "b", "c", "d"], true]);
    turns.end();
    assert.deepEqual([heard.slice(), state.isPaused], [["a", "b", "c", "d", "e"], false]);
  });

  it("of one message go on over several turns, before the next message", () => {
    const { turns, connect, listen } = createStage();
    const heard = listen();
    const { say } = connect();
    say(publications("a", "b", "c", "d", "e"));
    say(publications("f"));
    assert.deepEqual(heard, ["a", "b"]);
    turns.end();
    assert.deepEqual(heard, ["a", "b", "c", "d"]);
    turns.end();
    assert.deepEqual(heard, ["a", "b", "c", "d", "e", "f"]);
  });

  it("of several peers go on in the order in which the peers were held back", () => {
    const { turns, connect, listen } = createStage();
    const heard = listen();
    const [one, other] = [connect(), connect()];
    one.say(publications("a", "b", "c"));
    other.say(publications("d"));
    one.say(publications("e"));
    turns.end();
    assert.deepEqual(heard, ["a", "b", "c", "e"]);
    turns.end();
    assert.deepEqual(heard, ["a", "b", "c", "e", "d"]);
  });

  it("that a peer sent before it left are done before its end", () => {
    const { turns, connect, listen } = createStage();
    const heard = listen();
    const { seat, talk, say } = connect("s");
    for (const topic of ["a", "b", "c", "d", "e"]) say(publications(topic));
    seat.closed();
    turns.end();
    assert.deepEqual(talk.received, []);
    turns.end();
    assert.deepEqual(heard, ["a", "b", "c", "d", "e"]);
    assert.deepEqual(talk.received, ["end"]);
  });

  it("that answer an event come when all have heard the event", () => {
    const { turns, connect, listen } = createStage();
    const { talk, say } = connect("s");
    const filter = { type: "topic", topic: "a" } as const;
    say({ topics: [{ type: "subscribe", session: "s" as SessionId, filter }] });
    talk.reaction = publications("b");
    const heard = listen();
    connect().say(publications("a"));
    assert.deepEqual(heard, ["a"]);
    turns.end();
    assert.deepEqual(heard, ["a", "b"]);
  });

  it("are dropped and counted where the transport has closed", () => {
    const { meter, connect } = createStage();
    const { talk, state, sent, say } = connect("s");
    talk.reaction = { output: ["told"] };
    const filter = { type: "topic", topic: "a" } as const;
    say({ topics: [{ type: "subscribe", session: "s" as SessionId, filter }] });
    state.isOpen = false;
    for (let count = 0; count < 2; count += 1) connect().say(publications("a"));
    // The second is not even written.
    assert.deepEqual([sent, talk.received, meter.droppedTotal], [[], ["a"], 2]);
  });
});

describe("jobs", () => {
  /** A job that the test finishes. */
  function createJob() {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let signal: AbortSignal | undefined;
    const job: Job = {
      run(given) {
        signal = given;
        return promise;
      },
    };
    return { job, resolve, reject, isAborted: () => signal?.aborted === true };
  }

  it("bring their results in the order of the jobs, and before what the peer says meanwhile", async () => {
    const { connect } = createStage();
    const { sent, state, say } = connect();
    const [first, second] = [createJob(), createJob()];
    say({ jobs: [first.job, second.job], output: ["asked"] });
    say({ output: ["next"] });
    second.resolve(2);
    await promised();
    assert.deepEqual([sent.slice(), state.isPaused], [["asked"], true]);
    first.resolve(1);
    await promised();
    assert.deepEqual(sent, ["asked", "worked: 1", "worked: 2", "next"]);
    assert.equal(state.isPaused, false);
  });

  it("do not keep effects from their conversation", () => {
    const { bus, connect } = createStage();
    const { talk, say } = connect("s");
    say({ commands: [touch("s", "1")], jobs: [createJob().job] });
    bus.send(effectOf("s", "1"));
    assert.deepEqual(talk.received, ["1 session_touched"]);
  });

  it("delay the end of a peer that has left, and learn of an end that comes earlier", async () => {
    const { connect } = createStage();
    const { seat, talk, say } = connect();
    const { job, resolve, isAborted } = createJob();
    say({ jobs: [job] });
    seat.closed();
    assert.deepEqual([talk.received, isAborted()], [[], false]);
    resolve("late");
    await promised();
    assert.deepEqual([talk.received, isAborted()], [["worked: late", "end"], true]);
  });

  it("that fail end their conversation and no other", async () => {
    const { connect } = createStage();
    const [one, other] = [connect(), connect()];
    const { job, reject } = createJob();
    one.say({ jobs: [job] });
    reject(new Error("a bug"));
    await promised();
    assert.deepEqual([one.sent, one.talk.received], [["end 1011"], ["end"]]);
    other.say({ output: ["goes on"] });
    assert.deepEqual(other.sent, ["goes on"]);
  });
});

describe("the end", () => {
  it("of its side by a peer comes behind what it said before, and once", async () => {
    const { connect } = createStage();
    const { seat, talk, say } = connect();
    const jobs = [1, 2].map((result) => ({ run: () => Promise.resolve(result) }));
    talk.finishing = true;
    say({ jobs: jobs.slice(0, 1) });
    seat.finished();
    await promised();
    assert.deepEqual(talk.received, ["worked: 1", "finish"]);
    say({ jobs: jobs.slice(1) });
    await promised();
    assert.deepEqual(talk.received, ["worked: 1", "finish", "worked: 2"]);
  });

  it("that a step brings comes behind its output, and nothing is received after it", () => {
    const { connect } = createStage();
    const { seat, talk, sent, say } = connect();
    say({ output: ["bye"], end: { code: 1000, reason: "" } });
    say({ output: ["late"] });
    seat.closed();
    assert.deepEqual([sent, talk.received], [["bye", "end 1000"], ["end"]]);
  });

  it("of its side by a peer ends a conversation that does not care", () => {
    const { connect } = createStage();
    const { seat, sent } = connect();
    seat.finished();
    assert.deepEqual(sent, ["end 1000"]);
  });

  it("detaches the session, except at a stop, after which it waits for its client", () => {
    const { host, proposed, connect } = createStage();
    const [one, other] = [connect("a"), connect("b")];
    one.seat.closed();
    host.stop();
    other.seat.closed();
    assert.deepEqual(other.talk.received, ["stop", "end"]);
    const detached = proposed.map(({ command }) => command);
    assert.deepEqual(detached, [{ type: "detach_session", session: "a" }]);
  });

  it("by a stop waits for a later turn where many conversations take long", async () => {
    const { host, turns, connect, pass } = createStage();
    const peers = ["a", "b", "c", "d"].map((session) => connect(session));
    for (const { talk } of peers) {
      talk.stops = () => {
        pass(6);
        return {};
      };
    }
    const stopped = () => peers.map(({ talk }) => talk.received.length);
    const stopping = host.stop();
    assert.equal(host.isStopping, true);
    assert.deepEqual(stopped(), [1, 1, 0, 0]);
    peers[2]?.seat.closed();
    turns.end();
    await stopping;
    assert.deepEqual(
      peers.map(({ talk }) => talk.received),
      [["stop"], ["stop"], ["end"], ["stop"]],
    );
  });

  it("by a stop takes several steps where a conversation has much to say", async () => {
    const { host, turns, connect, pass } = createStage();
    const { sent, talk } = connect();
    talk.stops = () => {
      pass(6);
      const isLast = sent.length === 2;
      return isLast ? { end: { code: 1001, reason: "" } } : { goesOn: true };
    };
    const stopping = host.stop();
    assert.deepEqual(sent, ["stop", "stop"]);
    turns.end();
    await stopping;
    assert.deepEqual(sent, ["stop", "stop", "stop", "end 1001"]);
  });

  it("takes a conversation off the list of those under review", () => {
    const { host, connect } = createStage();
    const [one, other] = [connect(), connect()];
    one.seat.closed();
    host.review();
    assert.deepEqual([one.talk.received, other.talk.received], [["end"], ["review"]]);
  });
});
