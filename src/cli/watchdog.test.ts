import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import test from "node:test";
import { asFirstProcess, reasonNotToUnshare } from "../../testing/first-process.ts";

/** Computes for ever, as a main thread does that a bug or a flood keeps busy. */
const busy = `
  import { startWatchdog } from ${JSON.stringify(new URL("watchdog.ts", import.meta.url).href)};
  startWatchdog(300);
  for (;;);
`;

const idle = busy.replace("for (;;);", "");

function run(program: string, through: readonly string[] = []) {
  const argv = [...through, process.execPath, "--input-type=module", "-e", program];
  const [command = "", ...words] = argv;
  return spawnSync(command, words, { timeout: 20_000, killSignal: "SIGKILL" });
}

test("a process whose main thread is busy ends by SIGKILL in time", () => {
  assert.equal(run(busy).signal, "SIGKILL");
});

test("process 1 of a container ends in time, too", { skip: reasonNotToUnshare() }, () => {
  assert.equal(run(busy, asFirstProcess).status, 137);
});

test("a watchdog does not keep its process alive", () => {
  assert.deepEqual([run(idle).status, run(idle).signal], [0, null]);
});
