/** Takes one case as JSON on its command line, and prints the answer as JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import type { LogIndex, TimeMs } from "../../src/core/ids.ts";
import { nodeDisk, openFileLog } from "../../src/log/file/mod.ts";
import type { Log } from "../../src/log/log.ts";
import { type LogAnswer, type LogCase, oneCommand } from "./case.ts";

const mebibyte = 1024 * 1024;

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure(wanted: LogCase): Promise<LogAnswer> {
  const { folder, durability, isSetAside, depth, warmUpMs, measureMs } = wanted;
  const log = await openFileLog({
    access: "owner",
    disk: nodeDisk,
    folder,
    durability,
    now: () => Date.now() as TimeMs,
    growthBytes: isSetAside ? 4 * mebibyte : 0,
    reserveBytes: isSetAside ? mebibyte : 0,
  });
  void follow(log);
  for (let count = 0; count < depth; count += 1) void appendForEver(log);
  await sleep(warmUpMs);
  const [before, beganMs] = [log.status(), performance.now()];
  await sleep(measureMs);
  const [after, seconds] = [log.status(), (performance.now() - beganMs) / 1000];
  const syncs = after.files.fsyncsTotal - before.files.fsyncsTotal;
  return {
    appendsPerSecond: (after.lastIndex - before.lastIndex) / seconds,
    syncsPerSecond: syncs / seconds,
    syncMs:
      (1000 * (after.files.fsyncSecondsTotal - before.files.fsyncSecondsTotal)) /
      Math.max(1, syncs),
  };
}

async function follow(log: Log): Promise<void> {
  for await (const _ of log.read(1 as LogIndex, new AbortController().signal));
}

async function appendForEver(log: Log): Promise<never> {
  for (let request = 1; ; request += 1) {
    await log.append([oneCommand(request)]);
  }
}
