import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { pino } from "pino";
import { diskError } from "../../testing/disk-error.ts";
import { logStream } from "./log-stream.ts";

/** A destination that takes `room` bytes and then fails with ENOSPC. */
function place() {
  const written: number[] = [];
  const disk = {
    room: Number.POSITIVE_INFINITY,
    busy: 0,
    text: () => Buffer.from(written).toString(),
    lines: () =>
      Buffer.from(written)
        .toString()
        .split("\n")
        .filter((line) => line.startsWith("{") && line.endsWith("}"))
        .map((line) => JSON.parse(line)),
    write(bytes: Uint8Array, offset: number): number {
      if (disk.busy > 0) {
        disk.busy -= 1;
        throw diskError("EAGAIN", "stderr");
      }
      if (disk.room <= 0) throw diskError("ENOSPC", "stderr");
      const part = bytes.subarray(offset, offset + Math.min(7, disk.room));
      written.push(...part);
      disk.room -= part.length;
      return part.length;
    },
  };
  return disk;
}

test("what the log cannot write is lost, counted, and holds nobody up", () => {
  const disk = place();
  const logger = pino({ base: null }, logStream(disk.write));
  logger.info("first");
  disk.room = 0;
  logger.info("second");
  logger.fatal("third");
  disk.room = Number.POSITIVE_INFINITY;
  logger.info("fourth");
  logger.info("fifth");
  const told = disk
    .lines()
    .map(({ msg, lines }) => (lines === undefined ? msg : `${msg}: ${lines}`));
  assert.deepEqual(told, ["first", "lines of this log were lost: 2", "fourth", "fifth"]);
});

test("a reader that is slow for a moment loses nothing", () => {
  const disk = place();
  const logger = pino({ base: null }, logStream(disk.write));
  disk.busy = 5;
  logger.info("first");
  assert.deepEqual(
    disk.lines().map(({ msg }) => msg),
    ["first"],
  );
});

test("a line that was cut is finished before the next one begins", () => {
  const disk = place();
  const logger = pino({ base: null }, logStream(disk.write));
  disk.room = 10;
  for (const line of ["first", "second", "third"]) logger.info(line);
  disk.room = Number.POSITIVE_INFINITY;
  logger.info("fourth");
  const lines = disk.text().trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).msg),
    ["first", "lines of this log were lost", "fourth"],
  );
});

test("a reader that does not read holds the server up once, not at every line", (t) => {
  const pauses = t.mock.method(Atomics, "wait", () => "timed-out");
  const disk = place();
  const logger = pino({ base: null }, logStream(disk.write));
  disk.busy = 1000;
  logger.info("first");
  const { length } = pauses.mock.calls;
  for (const line of ["second", "third", "fourth"]) logger.info(line);
  assert.ok(length > 5, `${length}`);
  assert.equal(pauses.mock.calls.length, length);
});

test("a process whose stderr is a pipe that nobody reads goes on", async () => {
  const program = `
    const { logStream } = await import(${JSON.stringify(import.meta.resolve("./log-stream.ts"))});
    const stream = logStream();
    for (let n = 0; n < 5000; n++) stream.write("x".repeat(200) + "\\n");
    process.stdout.write("done");
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [text] = await once(child.stdout, "data");
  assert.equal(text.toString(), "done");
  child.stderr.resume();
  await once(child, "close");
});
