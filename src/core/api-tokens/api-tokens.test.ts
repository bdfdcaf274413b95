import assert from "node:assert/strict";
import { test } from "node:test";
import { createCast } from "../../../testing/story/cast.ts";
import { readCommands } from "../../../testing/story/read.ts";
import { continued } from "../../../testing/story/state-after.ts";
import { givesBack } from "../command.ts";
import type { Outcome } from "../effect.ts";
import { apiTokensMax } from "../limits.ts";
import { restore, type SnapshotRecord, snapshot } from "../snapshot.ts";
import { createState, type State } from "../state.ts";
import { listApiTokens } from "./api-tokens.ts";

/** The last outcome of these lines of a story, a second apart. */
function outcomeAfter(state: State, ...lines: readonly string[]): Outcome | undefined {
  return continued(state, lines.join("\n"));
}

test("tokens are listed in the order of their creation, without their digests", () => {
  const state = createState();
  outcomeAfter(
    state,
    "root create_api_token web id=t2",
    "root create_api_token ci id=t1",
    "admin create_api_token cron id=t3",
    "root revoke_api_token id=t2",
    "root create_api_token web id=t2",
  );
  assert.deepEqual(listApiTokens(state), [
    { id: "t1", name: "ci", createdAt: 2000, createdBy: "root" },
    { id: "t3", name: "cron", createdAt: 3000, createdBy: "admin" },
    { id: "t2", name: "web", createdAt: 5000, createdBy: "root" },
  ]);
});

test("a snapshot keeps all of each token, and their order", () => {
  const state = createState();
  outcomeAfter(state, "root create_api_token b id=t2", "admin create_api_token a id=t1");
  const records = JSON.parse(JSON.stringify([...snapshot(state)])) as SnapshotRecord[];
  assert.deepEqual([...restore(records).apiTokens], [...state.apiTokens]);
});

test(`there are at most ${apiTokensMax} tokens, and a revoked one makes room`, () => {
  const state = createState();
  for (let place = 1; place < apiTokensMax; place += 1) {
    outcomeAfter(state, `root create_api_token n${place} id=t${place}`);
  }
  assert.equal(state.apiTokens.size, apiTokensMax - 1);
  assert.equal(
    outcomeAfter(state, "root create_api_token last id=last")?.type,
    "api_token_created",
  );
  const refused = outcomeAfter(state, "root create_api_token more id=more");
  assert.deepEqual(refused?.type === "rejected" && refused.code, "limit_exceeded");
  const again = outcomeAfter(
    state,
    "root revoke_api_token id=t1",
    "root create_api_token more id=more",
  );
  assert.equal(again?.type, "api_token_created");
});

test("on a full disk tokens are revoked, and none are created", () => {
  const commands = ["root create_api_token ci id=t1", "root revoke_api_token id=t1"];
  const taken = commands.flatMap((line) => readCommands(line, createCast())).map(givesBack);
  assert.deepEqual(taken, [false, true]);
});
