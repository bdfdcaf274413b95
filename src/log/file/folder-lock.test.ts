import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { collect, entriesUntil } from "../../../testing/log-entries.ts";
import type { TimeMs } from "../../core/ids.ts";
import type { Log } from "../log.ts";
import { FolderInUse, nodeDisk, openFileLog } from "./mod.ts";

const root = await mkdtemp(join(tmpdir(), "holdfast-lock-"));
after(() => rm(root, { recursive: true }));

function openIn(folder: string): Promise<Log> {
  const now = () => 1000 as TimeMs;
  return openFileLog({ access: "owner", durability: "always", disk: nodeDisk, folder, now });
}

test("a folder that this process has open is refused, and is free once it is closed", async () => {
  const folder = join(root, "own");
  const log = await openIn(folder);
  await assert.rejects(openIn(folder), (error: Error) => {
    assert.ok(error instanceof FolderInUse);
    assert.match(error.message, new RegExp(`pid ${process.pid}\\b`));
    return true;
  });
  await log.append([collect(1)]);
  await log.close();
  await (await openIn(folder)).close();
});

test("a folder of another process is refused until that process is killed, and then opens at once", async () => {
  const folder = join(root, "other");
  const child = spawn(process.execPath, ["--input-type=module", "-e", ownerProgram(folder)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  await assert.rejects(openIn(folder), new RegExp(`pid ${child.pid}\\b`));
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  const log = await openIn(folder);
  assert.equal((await entriesUntil(log, 1, 2)).length, 2);
  await log.close();
});

test("a folder whose lock file was removed is still refused", async () => {
  const folder = join(root, "removed");
  const log = await openIn(folder);
  await rm(join(folder, "owner.lock"));
  await assert.rejects(openIn(folder), FolderInUse);
  await log.close();
  await (await openIn(folder)).close();
});

test("a folder is free again after opening it has failed", async () => {
  const folder = join(root, "failing");
  const failing = { ...nodeDisk, list: () => Promise.reject(new Error("no list")) };
  const now = () => 1000 as TimeMs;
  const options = { access: "owner", durability: "always", folder, now } as const;
  await assert.rejects(openFileLog({ ...options, disk: failing }), /no list/);
  await (await openIn(folder)).close();
});

/** Appends two entries, prints a line, and never ends by itself. */
function ownerProgram(folder: string): string {
  return `
    const { openFileLog, nodeDisk } = await import(${JSON.stringify(import.meta.resolve("./mod.ts"))});
    const log = await openFileLog({ access: "owner", durability: "always", disk: nodeDisk,
      folder: ${JSON.stringify(folder)}, now: () => 1000 });
    await log.append([{ type: "tick" }]);
    await log.append([{ type: "tick" }]);
    console.log("ready");
    setInterval(() => {}, 1000);
  `;
}
