import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { createTurns } from "../../../testing/turns.ts";
import { createBudget, openAccount, unlimited } from "../budget/budget.ts";
import { createLine, endLine, pauseLine, work } from "./http2-line.ts";

test("a line that a task ends does none of the tasks behind it", () => {
  const turns = createTurns();
  const account = openAccount(createBudget(unlimited, turns), {
    address: undefined,
    noted() {},
    end() {},
  });
  const line = createLine({} as Socket, account);
  const done: string[] = [];
  pauseLine(line);
  work(line, () => {
    done.push("first");
    endLine(line);
  });
  work(line, () => void done.push("second"));
  turns.end();
  turns.end();
  assert.deepEqual(done, ["first"]);
});
