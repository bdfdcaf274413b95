import assert from "node:assert/strict";
import { test } from "node:test";
import { createCast } from "../../../testing/story/cast.ts";
import { readCommands } from "../../../testing/story/read.ts";
import { continued, stateAfter } from "../../../testing/story/state-after.ts";
import { apply, createState, type State } from "../apply.ts";
import { type Command, givesBack } from "../command.ts";
import type { LogIndex } from "../ids.ts";
import { userBytesMax, usersMax } from "../limits.ts";
import type { Notice } from "../notice.ts";

/** The accounts that one line of a story closes, said of this state. */
function closedBy(state: State, line: string): readonly number[] {
  const command = readCommands(line, createCast()).at(-1) as Command;
  const notices: Notice[] = [];
  apply(state, { index: (state.index + 1) as LogIndex, at: state.at, command }, notices);
  return notices.flatMap((notice) => (notice.type === "account_closed" ? [notice.account] : []));
}

function codeAfter(state: State, line: string): string | undefined {
  const outcome = continued(state, line);
  return outcome?.type === "rejected" ? outcome.code : undefined;
}

test("who is deleted or disabled loses the sessions' rights, by a notice", () => {
  const state = stateAfter("root create_user amy pass=p1\nroot create_user bob pass=p1");
  assert.deepEqual(closedBy(state, "root disable amy"), [1]);
  assert.deepEqual(closedBy(state, "root enable amy"), []);
  assert.deepEqual(closedBy(state, "root rename_user amy to=ann"), []);
  assert.deepEqual(closedBy(state, "root delete_user ann"), [1]);
  assert.deepEqual(closedBy(state, "root delete_user ann"), []);
  assert.deepEqual(closedBy(state, "root delete_user bob"), [2]);
});

test("a user has so many bytes of tags and lists at most", () => {
  const state = stateAfter("root create_user amy pass=p1");
  const half = `"${"x".repeat(userBytesMax / 4)}"`;
  assert.equal(codeAfter(state, `root set_tags amy at=a x=${half}`), undefined);
  assert.equal(codeAfter(state, `root set_tags amy at=a y=${half}`), "limit_exceeded");
  assert.equal(codeAfter(state, "root set_tags amy at=a y=1"), undefined);
  assert.equal(codeAfter(state, `root set_tags amy at=a x=1 y=${half}`), undefined);
});

test("a list of a user has at most 256 items", () => {
  const state = stateAfter("root create_user amy pass=p1");
  const addresses = Array.from({ length: 257 }, (_, place) => `10.0.${place >> 8}.${place & 255}`);
  const add = (address: string) => codeAfter(state, `root add amy whitelist=${address}`);
  assert.deepEqual(addresses.map(add).slice(255), [undefined, "limit_exceeded"]);
  assert.equal(add("10.0.0.7"), undefined);
});

test(`there are at most ${usersMax} users, and a deleted one makes room`, () => {
  const state = createState();
  for (let place = 0; place < usersMax; place += 1) {
    const line = `root create_user u${place + 100_000} pass=p`;
    assert.equal(codeAfter(state, line), undefined);
  }
  assert.equal(codeAfter(state, "root create_user more pass=p"), "limit_exceeded");
  assert.equal(codeAfter(state, "root rename_user u100000 to=other"), undefined);
  assert.equal(codeAfter(state, "root delete_user other"), undefined);
  assert.equal(codeAfter(state, "root create_user more pass=p"), undefined);
});

test("on a full disk users are deleted, and nothing else is done with them", () => {
  const lines = [
    "root create_user amy pass=p1",
    "root rename_user amy to=ann",
    "root disable amy",
    "root delete_user amy",
  ];
  const taken = lines.flatMap((line) => readCommands(line, createCast())).map(givesBack);
  assert.deepEqual(taken, [false, false, false, true]);
});
