import assert from "node:assert/strict";
import { test } from "node:test";
import { createSecrets } from "./secrets.ts";

test("a secret is 32 hexadecimal digits, and none comes twice", () => {
  const newSecret = createSecrets();
  const secrets = Array.from({ length: 1000 }, newSecret);
  for (const secret of secrets) assert.match(secret, /^[0-9a-f]{32}$/);
  assert.equal(new Set(secrets).size, 1000);
});
