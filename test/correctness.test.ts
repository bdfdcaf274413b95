import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { reported, reportFile } from "../testing/campaigns/report.ts";

test("docs/correctness.md has the figures that were kept; `npm run report` puts them in", () => {
  const text = readFileSync(reportFile, "utf8");
  assert.equal(reported(text), text);
});
