/** Data folders of every format that there ever was, as they were written then; testing/golden.ts. */
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { TimeMs } from "../src/core/ids.ts";
import { snapshot } from "../src/core/snapshot.ts";
import { nodeDisk, openFileLog } from "../src/log/file/mod.ts";
import {
  checkFolder,
  planRepair,
  readBackup,
  readFolder,
  restoreFolder,
  stateInFolder,
  writeBackup,
} from "../src/log/file/workshop/mod.ts";
import { newestState, replay } from "../src/server/compact.ts";
import { createTemporaryFolder } from "../testing/temporary-folder.ts";

const root = fileURLToPath(new URL("golden/", import.meta.url));
const formats = readdirSync(root).filter((name) => name.startsWith("format-"));
const now = Date.UTC(2026, 1, 1) as TimeMs;

const temporary = createTemporaryFolder();
after(() => temporary[Symbol.dispose]());

test("there is a golden folder of the first format", () => {
  assert.ok(formats.includes("format-1"));
});

for (const format of formats) {
  const golden = join(root, format);
  const entries = linesOf(join(golden, "entries.jsonl"));
  const state = linesOf(join(golden, "state.jsonl"));

  for (const kind of ["closed", "torn"]) {
    suite(`${format}, ${kind}`, () => {
      const folder = join(temporary.path, format, kind);
      cpSync(join(golden, kind), folder, { recursive: true });

      test("the check finds no problem, and a repair is needed only by the torn one", async () => {
        for await (const finding of checkFolder(nodeDisk, folder)) {
          assert.notEqual(finding.type, "problem");
        }
        const { type } = await planRepair(nodeDisk, folder, now);
        assert.equal(type, kind === "torn" ? "possible" : "unneeded");
      });

      test("the entries are the same", async () => {
        const found: unknown[] = [];
        for await (const batch of readFolder(nodeDisk, folder)) found.push(...batch);
        assert.deepEqual(found, entries);
      });

      test("a backup of it restores to the same state", async () => {
        const path = join(temporary.path, `${format}-${kind}.backup`);
        const backedUp = await stateInFolder(nodeDisk, folder, assert.fail);
        const options = { path, mayReplace: false, temporary: `${path}.tmp` };
        await writeBackup({ disk: nodeDisk, state: backedUp, ...options });
        await assertRestores(path);
      });

      test("a server recovers the same state from it", async () => {
        assert.deepEqual(await recovered(folder), state);
      });
    });
  }

  test(`${format}: the backup restores to the same state`, () =>
    assertRestores(join(golden, "backup")));

  async function assertRestores(path: string): Promise<void> {
    const backup = await readBackup(nodeDisk, path);
    assert.deepEqual(asLines(snapshot(backup.state)), state);
    const folder = `${join(temporary.path, format)}-restored-${readdirSync(temporary.path).length}`;
    await restoreFolder({ disk: nodeDisk, folder, backup, now });
    assert.deepEqual(await recovered(folder), asLines(snapshot(backup.state)));
  }
}

/** The state that a server begins with; the log is opened as by its owner. */
async function recovered(folder: string): Promise<readonly unknown[]> {
  const log = await openFileLog({
    access: "owner",
    disk: nodeDisk,
    folder,
    now: () => now,
    durability: "always",
    report: assert.fail,
  });
  const found = await newestState(log);
  await replay(log, found, log.status().lastIndex);
  await log.close();
  return asLines(snapshot(found));
}

function linesOf(path: string): readonly unknown[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line));
}

function asLines(values: Iterable<unknown>): readonly unknown[] {
  return JSON.parse(JSON.stringify([...values]));
}
