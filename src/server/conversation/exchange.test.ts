import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { createTurns } from "../../../testing/turns.ts";
import { createLocalBus } from "../../bus/local.ts";
import type { Command } from "../../core/command.ts";
import type { RequestId, SessionId } from "../../core/ids.ts";
import { fleetingLimitsDefault } from "../../fleeting/apply.ts";
import { asking, type Exchange, none, say, silence } from "../../protocols/conversation.ts";
import type { HttpRequest, HttpResponse } from "../../protocols/protocol.ts";
import { createFanOut } from "../fan-out.ts";
import type { HttpClient } from "../listen/listener.ts";
import { createOperationMeter } from "../operation-meter.ts";
import { exchange } from "./exchange.ts";
import { createHost } from "./host.ts";

const session = "s" as SessionId;

function touch(request: string): Command {
  return { type: "touch_session", session, request: request as RequestId };
}

function response(body: string): HttpResponse {
  return { status: 200, headers: {}, body };
}

/** An exchange that asks two commands, one after the other, and answers with the second outcome. */
function twoCommands(words: string[]): Exchange {
  return {
    talk: { session },
    behavior: {
      receive(_, { path }) {
        if (path === "/bug") throw new Error("a bug");
        return path === "/now" ? say(response("now")) : asking(touch("1"));
      },
      deliver: (_, { request }) =>
        request === "1" ? asking(touch("2")) : say(response("both done")),
      refuse: (_, _request, reason) => say(response(reason)),
      stop: () => silence,
      end() {
        words.push("end");
        return none;
      },
      pendingCount: () => 0,
    },
  };
}

function createStage() {
  const turns = createTurns();
  const proposed: Command[] = [];
  const bus = createLocalBus({ limits: fleetingLimitsDefault, clock: turns });
  const host = createHost({
    replica: { propose: (commands) => void proposed.push(...commands) },
    bus,
    meter: createOperationMeter("test"),
    clock: turns,
    fanOut: createFanOut(turns),
    logger: pino({ level: "silent" }),
    pendingMax: 10,
  });
  const words: string[] = [];
  let goAway = () => {};
  let fallSilent = () => {};
  const client: HttpClient = {
    whenGone(run) {
      goAway = run;
    },
    charge() {},
    expect() {},
    whenSilent(run) {
      fallSilent = run;
    },
  };
  return {
    proposed,
    words,
    ask: (path: string) =>
      exchange(host, twoCommands(words), { request: { path } as HttpRequest, client }),
    answer(request: string) {
      const outcome = { type: "session_touched" } as const;
      return bus.send({ session, request: request as RequestId, outcome });
    },
    goAway: () => goAway(),
    fallSilent: () => fallSilent(),
  };
}

test("an answer that is known at once needs no promise, and ends the conversation", () => {
  const { words, ask } = createStage();
  assert.deepEqual(ask("/now"), response("now"));
  assert.deepEqual(words, ["end"]);
});

test("an exchange may need several commands, and a client that half-closes still gets its answer", async () => {
  const { proposed, words, ask, answer, fallSilent } = createStage();
  const answered = ask("/");
  fallSilent();
  answer("1");
  assert.deepEqual(words, []);
  answer("2");
  assert.deepEqual(await answered, response("both done"));
  assert.deepEqual(
    proposed.map((command) => "request" in command && command.request),
    ["1", "2"],
  );
  assert.deepEqual(words, ["end"]);
});

test("a client that is gone ends the conversation, and its session gets no more effects", () => {
  const { words, ask, answer, goAway } = createStage();
  void ask("/");
  goAway();
  assert.deepEqual([words, answer("1")], [["end"], false]);
});

test("a bug in a protocol ends the conversation and is the listener's to report", () => {
  const { words, ask } = createStage();
  assert.throws(() => ask("/bug"), /a bug/);
  assert.deepEqual(words, ["end"]);
});
