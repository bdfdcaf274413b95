import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import test from "node:test";
import { loadConfig } from "./load.ts";
import { settingsReference } from "./reference.ts";

const page = new URL("../../../docs/operating/configuration.md", import.meta.url);
const mark = "writes it anew. -->\n\n";

test("docs/operating/configuration.md lists the settings as they are", () => {
  const text = readFileSync(page, "utf8");
  const end = text.indexOf(mark) + mark.length;
  assert.ok(end > mark.length, "the page has lost the mark in front of its tables");
  const fresh = text.slice(0, end) + settingsReference();
  if (process.env.REWRITE === "1") writeFileSync(page, fresh);
  else assert.equal(text, fresh);
});

test("the file shown in docs/operating/configuration.md is accepted", () => {
  const [, example = ""] = /```yaml\n(.*?)```/s.exec(readFileSync(page, "utf8")) ?? [];
  const { config } = loadConfig({
    flags: { "--config": "holdfast.yaml" },
    environment: {},
    readFile: () => example,
  });
  assert.equal(config.ldlm.restSessionTimeout, 300_000);
});
