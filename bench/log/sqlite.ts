/**
 * The same question to SQLite, as it comes with Node: WAL, `synchronous = FULL`, one row for each command.
 * What waits when one transaction has ended goes into the next, so that it, too, commits groups. Its calls
 * keep the thread until the disk has answered. Takes a case as JSON, and prints the answer as JSON.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { type LogAnswer, type LogCase, oneCommand } from "./case.ts";

process.stdout.write(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? ""))));
process.exit();

async function measure({ folder, depth, warmUpMs, measureMs }: LogCase): Promise<LogAnswer> {
  mkdirSync(folder, { recursive: true });
  const database = new DatabaseSync(join(folder, "log.sqlite"));
  database.exec(
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 10000",
  );
  database.exec("CREATE TABLE entries (number INTEGER PRIMARY KEY, at REAL, command TEXT) STRICT");
  const insert = database.prepare("INSERT INTO entries (at, command) VALUES (?, ?)");
  const counts = { appends: 0, commits: 0, commitMs: 0 };
  let queue: (() => void)[] = [];

  function append(): Promise<void> {
    return new Promise((resolve) => queue.push(resolve));
  }

  async function commitForEver(): Promise<never> {
    for (;;) {
      const group = queue;
      queue = [];
      if (group.length > 0) commit(group);
      for (const resolve of group) resolve();
      await turn();
    }
  }

  function commit(group: readonly (() => void)[]): void {
    const beganMs = performance.now();
    const at = Date.now();
    database.exec("BEGIN");
    for (const _ of group) {
      insert.run(at, JSON.stringify(oneCommand(counts.appends)));
      counts.appends += 1;
    }
    database.exec("COMMIT");
    counts.commits += 1;
    counts.commitMs += performance.now() - beganMs;
  }

  async function appendForEver(): Promise<never> {
    for (;;) await append();
  }

  for (let count = 0; count < depth; count += 1) void appendForEver();
  void commitForEver();
  await sleep(warmUpMs);
  const [before, beganMs] = [{ ...counts }, performance.now()];
  await sleep(measureMs);
  const [after, seconds] = [{ ...counts }, (performance.now() - beganMs) / 1000];
  const commits = after.commits - before.commits;
  return {
    appendsPerSecond: (after.appends - before.appends) / seconds,
    syncsPerSecond: commits / seconds,
    syncMs: (after.commitMs - before.commitMs) / Math.max(1, commits),
  };
}
