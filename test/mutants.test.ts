import assert from "node:assert/strict";
import { test } from "node:test";
import { readHunts } from "../testing/campaigns/results.ts";
import { nameOf } from "../testing/mutants/check.ts";
import { handful, mutantNamed } from "../testing/mutants/handful.ts";
import { hunt } from "../testing/mutants/hunt.ts";
import { mutants } from "../testing/mutants/mutants.ts";
import { mutated, readSource } from "../testing/mutants/source.ts";
import { typeErrors } from "../testing/mutants/types.ts";

/** `MUTANTS=name,name` hunts these; `npm run mutants` hunts all. */
const hunted = process.env.MUTANTS?.split(",").map(mutantNamed) ?? handful(2);
const before = new Map(readHunts()?.hunts.map(({ name, caughtBy }) => [name, caughtBy]));

test("no two mutants have the same name", () => {
  const names = mutants.map(({ name }) => name);
  assert.deepEqual(names, [...new Set(names)]);
});

test("each mutant quotes code that is found exactly once", () => {
  const source = readSource();
  const faults = mutants.flatMap((mutant) => {
    try {
      mutated(source, mutant);
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
  assert.equal(faults.join("\n"), "");
});

test("each mutant type-checks", async () => {
  assert.equal(await typeErrors(mutants), "");
});

test("a quotation finds its code however that is wrapped", () => {
  const source = new Map([["src/a.ts", "one();\nsend(\n  first,\n  second,\n);\n"]]);
  const edit = { find: "send(first, second);", replace: "" };
  const changed = mutated(source, { name: "send-nothing", fault: "", edits: [edit] });
  assert.deepEqual([...changed], [["src/a.ts", "one();\n\n"]]);
});

test("a quotation that is nowhere or in two places names its mutant and says what to do", () => {
  const source = new Map([["src/a.ts", "one();\none();\n"]]);
  const fault = (find: string) => () =>
    mutated(source, { name: "call-less", fault: "", edits: [{ find, replace: "" }] });
  assert.throws(fault("two();"), /call-less .* in no file of src\. If the code has changed, quote/);
  assert.throws(fault("one();"), /call-less .* src\/a\.ts:1, src\/a\.ts:2\. Quote more/);
});

for (const mutant of hunted) {
  test(`a check fails when the server would ${mutant.name.replaceAll("-", " ")}`, async (t) => {
    t.diagnostic(`To repeat: MUTANTS=${mutant.name} node --test test/mutants.test.ts`);
    const { caughtBy } = await hunt(mutant, before.get(mutant.name));
    assert.ok(caughtBy !== undefined, `nothing noticed this: ${mutant.fault}`);
    t.diagnostic(nameOf(caughtBy));
  });
}
