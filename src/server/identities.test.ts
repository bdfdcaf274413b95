import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogIndex, NodeId } from "../core/ids.ts";
import { createIdentities } from "./identities.ts";

function firstIds(name: string, index: number, advancedBy = 0): readonly string[] {
  const [node, begunAt] = [name as NodeId, index as LogIndex];
  const { nextRequest, nextSession } = createIdentities({ node, begunAt, advancedBy });
  return [nextRequest(), nextRequest(), nextSession(), nextSession()];
}

test("ids count up within a run, and name it by the index of its start", () => {
  assert.deepEqual(firstIds("n1", 46), ["1a.1", "1a.2", "n1-1a-1", "n1-1a-2"]);
});

test("no two runs share an id, be they of one node or of several on one log", () => {
  const ids = [firstIds("n1", 3), firstIds("n2", 4), firstIds("n1", 46), firstIds("n2", 1)].flat();
  assert.equal(new Set(ids).size, ids.length);
});

test("a restored log that comes to the same index gives out other ids than the lost part", () => {
  const [lost, restored] = [firstIds("n1", 3), firstIds("n1", 3, 2 ** 32)];
  assert.deepEqual(
    restored.filter((id) => lost.includes(id)),
    [],
  );
});
