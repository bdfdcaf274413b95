import assert from "node:assert/strict";
import test from "node:test";
import Value from "typebox/value";
import { nearest, settings } from "./settings.ts";

test("names follow from the key", () => {
  const setting = settings.find(({ key }) => key === "ldlm.restSessionTimeout");
  assert.equal(setting?.flag, "--ldlm-rest-session-timeout");
  assert.equal(setting?.variable, "HOLDFAST_LDLM_REST_SESSION_TIMEOUT");
});

test("no two settings share a flag or a variable", () => {
  assert.equal(new Set(settings.map(({ flag }) => flag)).size, settings.length);
  assert.equal(new Set(settings.map(({ variable }) => variable)).size, settings.length);
});

test("no variable can be taken for one that Kubernetes sets", () => {
  for (const { variable } of settings) {
    assert.doesNotMatch(variable, /_PORT$|_SERVICE_|_PORT_\d/, variable);
  }
});

test("every default is allowed and in its shortest form, as it will be printed", () => {
  for (const { key, schema, default: value } of settings) {
    if (value === undefined) continue;
    assert.ok(Value.Check(schema, value), key);
    assert.deepEqual(Value.Encode(schema, Value.Decode(schema, value)), value, key);
  }
});

test("every description is made of sentences, and nothing breaks a table", () => {
  for (const { key, description, allowed } of settings) {
    assert.match(description, /^[A-Z].*\.$/, key);
    assert.doesNotMatch(description + allowed, /[|\n]/, key);
  }
});

test("a misspelt word has a nearest one, a wild one has none", () => {
  assert.equal(nearest("lsiten", ["node", "listen"]), "listen");
  assert.equal(nearest("colour", ["node", "listen"]), undefined);
  assert.equal(nearest("listen", []), undefined);
});
