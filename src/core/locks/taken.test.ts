import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { continued, stateAfter } from "../../../testing/story/state-after.ts";
import type { Namespace } from "../ids.ts";
import { isTaken } from "./taken.ts";

describe("a path", () => {
  /** What is there already, and which paths are taken by it. */
  const cases: readonly { readonly there: string; readonly taken: readonly string[] }[] = [
    { there: "alice acquire a/b", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire a/b shared", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire a/b slot(2)", taken: ["a/b", "a/b/c", "a", ""] },
    { there: "alice acquire /", taken: ["a", "a/b", "c", ""] },
    { there: "alice acquire nothing", taken: [] },
    { there: "alice acquire a\nbob acquire a, x as=w", taken: ["x", "a"] },
    { there: "alice acquire a as=w\nalice release w", taken: [] },
    { there: "alice acquire a slot(2) as=w\nalice release w", taken: [] },
  ];

  for (const { there, taken } of cases) {
    test(`is taken after "${there.replace("\n", "; ")}" when one who asks for it would wait`, () => {
      for (const path of ["", "a", "a/b", "a/b/c", "a/d", "b", "c", "x", "x/y"]) {
        const state = stateAfter(there);
        const segments = path === "" ? [] : path.split("/");
        const wasTaken = isTaken(state, "default" as Namespace, segments);
        const granted = state.locks.grantedCount;
        continued(state, `dave acquire ${path === "" ? "/" : path} wait=0s`);
        assert.equal(wasTaken, state.locks.grantedCount === granted, path);
        if (taken.includes(path)) assert.ok(wasTaken, path);
      }
    });
  }

  test("is free in a namespace that nobody knows", () => {
    assert.equal(isTaken(stateAfter("alice acquire a"), "other" as Namespace, ["a"]), false);
  });
});
