import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createState } from "../../core/apply.ts";
import type { TimeMs } from "../../core/ids.ts";
import { createApiTokens, type IssuedApiToken } from "./api-tokens.ts";

/** Secrets are counted up; the first begins with 1. */
function setUp() {
  const state = createState();
  let secrets = 0;
  const newSecret = () => {
    secrets += 1;
    return secrets.toString(16).padEnd(12, "0").padEnd(32, "f");
  };
  const tokens = createApiTokens({ state, newSecret });
  const keep = ({ id, digest }: IssuedApiToken) =>
    state.apiTokens.set(id, {
      token: id,
      digest,
      name: id,
      createdAt: 0 as TimeMs,
      createdBy: "root",
    });
  return { state, tokens, keep };
}

test("a text is the id and a secret, in characters of a token in HTTP", () => {
  const { id, text, digest } = setUp().tokens.issue();
  assert.equal(id, "100000000000");
  assert.equal(text, "hf_100000000000_200000000000ffffffffffffffffffff");
  // printf hf_100000000000_200000000000ffffffffffffffffffff | sha256sum
  assert.equal(digest, "a213ab11b4b9855486b35b71430827de56254df14fb3347c8f5fd46d159ba1ca");
  assert.match(text, /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
});

test("a text is that of a token from its creation until it is revoked", () => {
  const { state, tokens, keep } = setUp();
  const [first, second] = [tokens.issue(), tokens.issue()];
  assert.equal(tokens.judge(first.text), undefined);
  assert.equal(tokens.isValid(first.id), false);
  keep(first);
  keep(second);
  assert.equal(tokens.judge(first.text)?.token, first.id);
  assert.equal(tokens.judge(second.text)?.token, second.id);
  assert.equal(tokens.isValid(first.id), true);
  state.apiTokens.delete(first.id);
  assert.equal(tokens.judge(first.text), undefined);
  assert.equal(tokens.isValid(first.id), false);
  assert.equal(tokens.judge(second.text)?.token, second.id);
});

describe("is no token:", () => {
  const { tokens, keep } = setUp();
  const issued = tokens.issue();
  const other = tokens.issue();
  keep(issued);
  keep(other);
  const { id, text, digest } = issued;
  const wrong: Readonly<Record<string, string>> = {
    nothing: "",
    "its id": id,
    "its digest": digest,
    "its id with the digest of another": `hf_${id}_${other.digest}`,
    "its id with the secret of another": `hf_${id}_${other.text.slice(-32)}`,
    "the id of another with its secret": `hf_${other.id}_${text.slice(-32)}`,
    "one with another last digit": `${text.slice(0, -1)}e`,
    "one in capitals": text.toUpperCase(),
    "one with capitals in the secret": text.slice(0, 16) + text.slice(16).toUpperCase(),
    "one with a digit more": `${text}0`,
    "one with a digit less": text.slice(0, -1),
    "one with a line behind it": `${text}\n`,
    "one with a blank before it": ` ${text}`,
    "one of an unknown id": `hf_${"0".repeat(12)}_${text.slice(-32)}`,
    "a megabyte": "hf_".padEnd(2 ** 20, "0"),
    "a name of Object": "hf_constructor_constructor",
  };
  for (const [what, said] of Object.entries(wrong)) {
    test(what, () => assert.equal(tokens.judge(said), undefined));
  }
});
