import assert from "node:assert/strict";
import type { CallOutcome } from "../../../testing/ldlm-client.ts";
import type { Ask, Deed, GrpcStory } from "./grpc-case.ts";
import { assertMatches, type Bindings, filledIn } from "./template.ts";

/** Where a story is played: the protocol itself, or a whole server. */
export interface Stage {
  /** Resolves with its answer, or when the call waits in line. */
  ask(asked: Ask): Promise<CallOutcome | "waits">;
  /** What the call that waited has heard. */
  hear(call: string): Promise<CallOutcome>;
  cancel(call: string): Promise<void>;
  leave(connection: string): Promise<void>;
  pass(ms: number): void;
  /** In a session of its own; the body of the answer. */
  rest(path: string, fields: object): Promise<object>;
}

/** Resolves to what is wrong, step by step, in the words of the story. */
export async function play({ steps }: GrpcStory, stage: Stage): Promise<void> {
  const bindings: Bindings = new Map();
  for (const { see, that, does } of steps) {
    try {
      await perform(does, stage, bindings);
    } catch (error) {
      throw new Error(`section ${see}: ${that}: ${(error as Error).message}`, { cause: error });
    }
  }
  const keys = [...bindings].filter(([name]) => name.startsWith("uuid-")).map(([, key]) => key);
  assert.equal(new Set(keys).size, keys.length, "a key was given twice");
}

async function perform(deed: Deed, stage: Stage, bindings: Bindings): Promise<void> {
  switch (deed.type) {
    case "ask":
      return assertAlike(
        await stage.ask({ ...deed, request: filledInFields(deed.request, bindings) }),
        deed.expect,
        bindings,
      );
    case "hear":
      return assertAlike(await stage.hear(deed.call), deed.expect, bindings);
    case "rest": {
      const fields = filledInFields(deed.fields, bindings);
      return assertAlike(await stage.rest(deed.path, fields), deed.expect, bindings);
    }
    case "cancel":
      return stage.cancel(deed.call);
    case "leave":
      return stage.leave(deed.on);
    case "pass":
      return stage.pass(deed.ms);
  }
}

function filledInFields<T extends object>(fields: T, bindings: Bindings): T {
  if (fields instanceof Uint8Array) return fields;
  return JSON.parse(filledIn(JSON.stringify(fields), bindings));
}

/** Texts are templates; all else is the same. */
function assertAlike(actual: unknown, expected: unknown, bindings: Bindings): void {
  if (typeof expected === "string") {
    assertMatches(String(actual), expected, bindings);
  } else if (typeof expected === "object" && expected !== null) {
    const [one, other] = [actual as object, expected as object];
    assert.deepEqual(Object.keys(one).sort(), Object.keys(other).sort(), JSON.stringify(actual));
    for (const [name, value] of Object.entries(other)) {
      assertAlike((one as Record<string, unknown>)[name], value, bindings);
    }
  } else {
    assert.equal(actual, expected);
  }
}
