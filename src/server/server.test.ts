import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { createFakeClock } from "../../testing/loopback.ts";
import { createMemoryDisk } from "../../testing/memory-disk/memory-disk.ts";
import { loadConfig } from "./config.ts";
import { startServer } from "./server.ts";
import { systemWorld } from "./world.ts";

test("a server whose disk is read-only when it starts says so, and serves once it can write", async () => {
  const disk = createMemoryDisk();
  const clock = createFakeClock();
  // A timer is never early and mostly late.
  const late = { ...clock, after: (ms: number, run: () => void) => clock.after(ms + 1, run) };
  const lines: string[] = [];
  const logger = pino(
    {
      base: null,
      hooks: {
        logMethod(args, method) {
          lines.push(args.at(-1) as string);
          method.apply(this, args);
        },
      },
      level: "info",
    },
    { write() {} },
  );
  const { config } = loadConfig({
    flags: { "--data": "/data", "--listen": "127.0.0.1:0", "--admin-socket": "off" },
    environment: {},
    readFile: () => "",
  });
  const world = { ...systemWorld, disk, clock: late, openFilesMax: () => undefined };
  const observer = {
    recovered() {
      disk.isReadOnly = true;
    },
    sent() {},
    applied() {},
  };
  const starting = startServer(config, { logger, world, observer });

  async function run(seconds: number): Promise<void> {
    for (let step = 0; step < seconds * 4; step += 1) {
      await turn();
      clock.advance(250);
    }
  }

  await run(10);
  assert.deepEqual(lines, ["recovered", "made a new, empty data folder", "the disk takes no more"]);
  disk.isReadOnly = false;
  await run(5);
  assert.equal(lines[3], "the disk has room again");
  const server = await starting;
  const stopped = server.stop();
  await run(1);
  await stopped;
});
