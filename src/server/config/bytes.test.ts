import assert from "node:assert/strict";
import test from "node:test";
import { formatBytes, parseBytes } from "./bytes.ts";

const cases: readonly {
  readonly text: string;
  readonly bytes: number;
  readonly shortest: string;
}[] = [
  { text: "0", bytes: 0, shortest: "0B" },
  { text: "1", bytes: 1, shortest: "1B" },
  { text: "1023B", bytes: 1_023, shortest: "1023B" },
  { text: "4096", bytes: 4_096, shortest: "4KiB" },
  { text: "64KiB", bytes: 65_536, shortest: "64KiB" },
  { text: "1024KiB", bytes: 1_048_576, shortest: "1MiB" },
  { text: "2GiB", bytes: 2_147_483_648, shortest: "2GiB" },
  { text: "2048GiB", bytes: 2_199_023_255_552, shortest: "2048GiB" },
];

for (const { text, bytes, shortest } of cases) {
  test(`${text} is ${bytes} bytes, shortest written ${shortest}`, () => {
    assert.equal(parseBytes(text), bytes);
    assert.equal(formatBytes(bytes), shortest);
    assert.equal(parseBytes(shortest), bytes);
  });
}

for (const text of ["", "B", "1.5MiB", "-1", "1 KiB", "1kib", "1MB", "1e6", "١KiB"]) {
  test(`${JSON.stringify(text)} is no amount of data`, () => {
    assert.equal(parseBytes(text), undefined);
  });
}
