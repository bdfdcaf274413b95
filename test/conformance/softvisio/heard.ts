import assert from "node:assert/strict";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import { assertMatches, type Bindings } from "../ldlm/template.ts";
import type { ExpectedResponse, Heard } from "./case.ts";

export interface HearingTerms {
  readonly bindings: Bindings;
  /** Otherwise frames are told apart by their ids. */
  readonly isOrdered: boolean;
  readonly when: string;
}

/** Fails unless that is all that was heard. */
export function assertHeard(
  heard: readonly Heard[],
  expected: readonly Heard[],
  { bindings, isOrdered, when }: HearingTerms,
): void {
  const told = `${when} heard ${shown(heard)}`;
  assert.equal(heard.length, expected.length, told);
  const [actual, wanted] = isOrdered ? [heard, expected] : [byId(heard), byId(expected)];
  for (const [place, each] of actual.entries()) {
    const want = wanted[place];
    if (typeof each === "string" && typeof want === "string") {
      assertMatches(each, want, bindings);
    } else {
      assert.deepEqual(each, want, told);
    }
  }
}

function shown(heard: readonly Heard[]): string {
  return JSON.stringify(heard).slice(0, 2000);
}

function byId(heard: readonly Heard[]): readonly Heard[] {
  const idOf = (each: Heard) => String(/"id":([^,]*)/.exec(String(each))?.[1]);
  return heard.toSorted((one, other) => (idOf(one) < idOf(other) ? -1 : 1));
}

/** All answers of the API are JSON and may not be kept, but to a preflight. */
export function assertResponse(
  { status, headers, body }: HttpResponse,
  expected: ExpectedResponse,
): void {
  assert.deepEqual({ status, body }, { status: expected.status, body: expected.body });
  const given = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  const wanted = { ...(body !== "" && jsonHeaders), ...expected.headers };
  for (const [name, value] of Object.entries(wanted)) {
    assert.equal(given.get(name.toLowerCase()), value, name);
  }
}

const jsonHeaders = { "Content-Type": "application/json", "Cache-Control": "no-store" };
