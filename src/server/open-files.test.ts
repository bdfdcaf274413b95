import assert from "node:assert/strict";
import { test } from "node:test";
import { openFilesMaxIn, readOpenFilesMax } from "./open-files.ts";

const cases: readonly (readonly [text: string, openFilesMax: number | undefined])[] = [
  ["Max processes   96365  96365  processes\nMax open files   1024   4096   files\n", 1024],
  ["Max open files            unlimited            unlimited            files\n", undefined],
  ["", undefined],
];

for (const [text, openFilesMax] of cases) {
  test(`of ${JSON.stringify(text)} the limit of open files is ${openFilesMax}`, () => {
    assert.equal(openFilesMaxIn(text), openFilesMax);
  });
}

test("on Linux the machine has a limit of open files or none", {
  skip: process.platform !== "linux",
}, () => {
  const openFilesMax = readOpenFilesMax();
  assert.ok(openFilesMax === undefined || openFilesMax > 0);
});
