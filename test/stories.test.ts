import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { suite, test } from "node:test";
import { createCore } from "../testing/engine.ts";
import { play, storiesOf } from "../testing/story.ts";

/** Every answer in a story is what the core says; `REWRITE=1` writes the answers anew. */
const folder = new URL("stories/", import.meta.url);

for (const file of readdirSync(folder).sort()) {
  const path = new URL(file, folder);
  const stories = storiesOf(readFileSync(path, "utf8"));
  if (process.env.REWRITE === "1") {
    writeFileSync(path, `${stories.map((story) => play(story, createCore())).join("\n\n")}\n`);
  }
  suite(file, () => {
    for (const story of storiesOf(readFileSync(path, "utf8"))) {
      test(story.name, () => assert.equal(play(story, createCore()), story.text));
    }
  });
}
