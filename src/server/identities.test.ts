import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, createState } from "../core/apply.ts";
import type { Command } from "../core/command.ts";
import type { LogIndex, NodeId, TimeMs } from "../core/ids.ts";
import { createIdentities } from "./identities.ts";

const node = "n1" as NodeId;
const tick: Command = { type: "tick" };

/** What a run of the server behind these commands gives out first. */
function firstIds(...commands: readonly Command[]): readonly unknown[] {
  const state = createState();
  for (const [place, command] of commands.entries()) {
    apply(state, { index: (place + 1) as LogIndex, at: 0 as TimeMs, command });
  }
  const { nextRequest, nextSession } = createIdentities(state, node);
  return [nextRequest(), nextSession()];
}

test("a restored log that comes to the same index gives out other ids than the lost one", () => {
  const lost = firstIds(tick, tick, tick);
  const restored = firstIds(tick, { type: "advance", by: 2 ** 32 }, tick);
  assert.deepEqual(lost, [4, "n1-3-1"]);
  assert.deepEqual(restored, [2 ** 32 + 4, `n1-${(2 ** 32 + 3).toString(36)}-1`]);
});
