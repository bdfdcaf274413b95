import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpResponse } from "../../../src/protocols/protocol.ts";
import type { Expected } from "./case.ts";
import { stories } from "./rest.cases.ts";
import { assertMatches, type Bindings, rawRequest } from "./template.ts";
import { createWorld, parseRequest } from "./world.ts";

for (const { title, settings, cases } of stories) {
  const world = createWorld(settings);
  const bindings: Bindings = new Map();
  for (const { see, that, afterMs = 0, send, expect } of cases) {
    test(`LDLM REST, section ${see}, ${title}: ${that}`, () => {
      world.pass(afterMs);
      const response = world.send(parseRequest(rawRequest(send, bindings), settings));
      assertResponse(response, expect, bindings);
    });
  }
}

function assertResponse(response: HttpResponse, expect: Expected, bindings: Bindings): void {
  assert.equal(response.status, expect.status, response.body);
  assertMatches(response.body, expect.body, bindings);
  for (const [name, template] of Object.entries(expect.headers)) {
    const value = response.headers[name];
    if (template === null) assert.equal(value, undefined, `${name} must not be there`);
    else assertMatches(value ?? "(absent)", template, bindings);
  }
}
