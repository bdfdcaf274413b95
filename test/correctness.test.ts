import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clientsFile, reported, reportFile, withClients } from "../testing/campaigns/report.ts";

test("docs/correctness.md has the figures that were kept; `npm run report` puts them in", () => {
  const text = readFileSync(reportFile, "utf8");
  assert.equal(reported(text), text);
});

test("docs/operating/clients.md has the table that was kept", () => {
  const text = readFileSync(clientsFile, "utf8");
  assert.equal(withClients(text), text);
});
