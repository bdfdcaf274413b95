import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { createState } from "../core/apply.ts";
import type { Entry } from "../core/command.ts";
import type { Effect } from "../core/effect.ts";
import type { LogIndex, RequestId, SessionId, TimeMs } from "../core/ids.ts";
import { joinObservers, logObserver, type Observer } from "./observer.ts";

const entry: Entry = { index: 1 as LogIndex, at: 5 as TimeMs, command: { type: "tick" } };
const effect: Effect = {
  session: "s" as SessionId,
  request: "1.1" as RequestId,
  outcome: { type: "session_opened" },
};

function watch(observer: Observer | undefined): void {
  observer?.recovered(createState());
  observer?.sent(effect, true);
  observer?.applied(entry);
}

const levels: readonly (readonly [level: string, texts: readonly string[]])[] = [
  ["info", []],
  ["debug", ["sent"]],
  ["trace", ["sent", "applied"]],
];

for (const [level, texts] of levels) {
  test(`at level ${level} the log shows ${texts.join(" and ") || "neither effects nor entries"}`, () => {
    const lines: string[] = [];
    watch(logObserver(pino({ level, base: null }, { write: (line) => void lines.push(line) })));
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).msg),
      texts,
    );
  });
}

test("a server without observers calls none, and one with several calls each of them", () => {
  const calls: string[] = [];
  const observer = (name: string): Observer => ({
    recovered: () => void calls.push(`${name} recovered`),
    sent: () => void calls.push(`${name} sent`),
    applied: () => void calls.push(`${name} applied`),
  });
  assert.equal(joinObservers([undefined, undefined]), undefined);
  watch(joinObservers([observer("one"), undefined, observer("other")]));
  assert.deepEqual(calls, [
    "one recovered",
    "other recovered",
    "one sent",
    "other sent",
    "one applied",
    "other applied",
  ]);
});
